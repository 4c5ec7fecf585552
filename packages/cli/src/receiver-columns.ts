import { locateFunctions, type ReceiverInfo } from '@aldis/core'

import type { Cli } from './cli.ts'

/** A receiver with the place where it is written. */
export interface LocatedReceiver extends ReceiverInfo {
  /** `plugin:id`, or the id alone of one that no plugin asked for. */
  readonly label: string
  /** `file:line`, as a person would type it. */
  readonly at: string | undefined
}

/** `receivers` with where they are written. */
export function located(cli: Cli, receivers: readonly ReceiverInfo[]): LocatedReceiver[] {
  const places = locateFunctions(receivers.map(({ receiver }) => receiver))
  return receivers.map((info, index) => {
    const place = places[index]
    return { ...info, label: labelOf(info), at: place === undefined ? undefined : cli.path(place) }
  })
}

/** `plugin:id`, or the id alone of a receiver that no plugin asked for. */
export function labelOf({ plugin, id }: Pick<ReceiverInfo, 'plugin' | 'id'>): string {
  return plugin === undefined ? id : `${plugin}:${id}`
}

/** A receiver as documents carry it. */
export function receiverDocument(info: LocatedReceiver): object {
  const { plugin, id, signal, sender, senderUnreachable, delivery, priority, weak, at } = info
  return {
    plugin: plugin ?? null,
    id,
    signal,
    sender: sender ?? null,
    senderUnreachable,
    delivery,
    priority,
    weak,
    at: at ?? null,
  }
}
