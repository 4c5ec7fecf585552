/** How events are delivered. */
export interface Mode {
  readonly batchSize: number
  /** In shards, and there in order. */
  readonly shards: boolean
}

/** Those that are tried on each database. */
export const MODES: readonly Mode[] = [1, 10].flatMap((batchSize) => [
  { batchSize, shards: false },
  { batchSize, shards: true },
])
