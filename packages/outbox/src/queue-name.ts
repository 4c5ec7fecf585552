/** Where jobs go that cannot be delivered, until somebody deals with them. */
export const PARKED = 'aldis/parked'

/** Which receiver a queue is of. */
export interface QueueOwner {
  readonly plugin: string
  readonly subscription: string
}

/** What a queue's name can hold of an id as it is. A dot begins what is written in hex. */
const ESCAPED = /[^A-Za-z0-9_-]/gu

/** Ends the name of a queue whose jobs are in shards. */
const IN_SHARDS = '/shards'

/** What all queues of a receiver begin with: readable, and another for every plugin and id. */
export function queueOf({ plugin, subscription }: QueueOwner): string {
  const id = subscription.replace(ESCAPED, (char) => `.${(char.codePointAt(0) ?? 0).toString(16)}.`)
  return `${plugin}/${id}`
}

/** The queue for the jobs of a receiver that are in shards: another, because a queue keeps its policy. */
export function shardedQueueOf(owner: QueueOwner): string {
  return queueOf(owner) + IN_SHARDS
}

/** Whether the queue `name` is for jobs in shards. */
export const isSharded = (name: string): boolean => name.endsWith(IN_SHARDS)

/** SQL for {@link queueOf} the owner of the queue that `name`, which is SQL too, says. */
export const ownQueueSql = (name: string): string => `regexp_replace(${name}, '${IN_SHARDS}$', '')`

/** Whose queue `name` is; undefined for what is no receiver's. */
export function ownerOf(name: string): QueueOwner | undefined {
  const [plugin = '', id, kind] = name.split('/')
  if (plugin === '' || id === undefined || name === PARKED) return undefined
  if (kind !== undefined && `/${kind}` !== IN_SHARDS) return undefined
  const subscription = id.replaceAll(/\.([0-9a-f]+)\./g, (_all, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  )
  return { plugin, subscription }
}
