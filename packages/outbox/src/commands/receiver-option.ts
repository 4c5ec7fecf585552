import type { CommandArguments } from '@aldis/core'

import type { Outbox } from '../outbox.ts'
import type { QueueOwner } from '../queue-name.ts'
import { ReceiverUnknownError } from './command-errors.ts'

/** `plugin:subscription`, as everywhere in the command line. */
export function receiverName({ plugin, subscription }: QueueOwner): string {
  return `${plugin}:${subscription}`
}

/** What `name` stands for: a receiver, or all of a plugin. */
export function receiverOf(name: string): Partial<QueueOwner> {
  const at = name.indexOf(':')
  return at < 0 ? { plugin: name } : { plugin: name.slice(0, at), subscription: name.slice(at + 1) }
}

/** The text of the option `name`. */
export function textOption({ options }: CommandArguments, name: string): string | undefined {
  const given = options[name]
  return typeof given === 'string' ? given : undefined
}

/** Nothing was found for the receiver `name`: refuse it where it is a slip. */
export async function refuseUnknown(outbox: Outbox, name: string | undefined): Promise<void> {
  if (name === undefined) return
  const { plugin, subscription } = receiverOf(name)
  const { receivers } = await outbox.stats()
  const known = receivers.some(
    (each) => each.plugin === plugin && (subscription === undefined || each.subscription === subscription),
  )
  if (!known) throw new ReceiverUnknownError(name, receivers.map(receiverName))
}
