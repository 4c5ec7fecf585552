/** Where jobs go that cannot be delivered, until somebody deals with them. */
export const PARKED = 'aldis/parked'

/** Which receiver a queue is of. */
export interface QueueOwner {
  readonly plugin: string
  readonly subscription: string
}

/** What a queue's name can hold of an id as it is. A dot begins what is written in hex. */
const ESCAPED = /[^A-Za-z0-9_-]/gu

/** The queue of a receiver: readable, and another for every plugin and id. */
export function queueOf({ plugin, subscription }: QueueOwner): string {
  const id = subscription.replace(ESCAPED, (char) => `.${(char.codePointAt(0) ?? 0).toString(16)}.`)
  return `${plugin}/${id}`
}

/** Whose queue `name` is; undefined for what is no receiver's. */
export function ownerOf(name: string): QueueOwner | undefined {
  const at = name.indexOf('/')
  if (at < 1 || name === PARKED) return undefined
  const subscription = name
    .slice(at + 1)
    .replaceAll(/\.([0-9a-f]+)\./g, (_all, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
  return { plugin: name.slice(0, at), subscription }
}
