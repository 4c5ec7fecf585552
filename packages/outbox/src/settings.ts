import { z } from 'zod'

import { PausedShardsSetting } from './paused-shards.ts'

/** The settings of the plugin `outbox`. */
export const Settings = z.strictObject({
  /**
   * Whether the process that serves delivers too. Switch it off where `aldis worker` processes do that.
   *
   * @defaultValue `true`
   */
  work: z.boolean().default(true),
  /**
   * How many jobs of one receiver a process takes, calls at once and records together. As many receivers are called
   * twice at most when a process dies.
   *
   * @defaultValue `10`
   */
  batchSize: z.int().min(1).max(1000).default(10),
  /** After how many failures in a row, in one process, a receiver's jobs wait for `aldis outbox resume`. @defaultValue `50` */
  quarantineAfter: z.int().min(1).max(1_000_000).default(50),
  /** How long delivered jobs are kept, in hours. Waiting and parked ones are kept until they are dealt with. @defaultValue `24` */
  keepDeliveredHours: z.number().positive().max(8760).default(24),
  /** How long a process that stops waits for the receivers that run, in milliseconds. @defaultValue `20_000` */
  drainTimeoutMs: z.int().nonnegative().max(3_600_000).default(20_000),
  /** How many connections to PostgreSQL the workers of a process use at most, beside one that listens. @defaultValue `4` */
  poolSize: z.int().positive().max(100).default(4),
  /** Shards whose jobs wait, by receiver: `{ 'plugin:subscription': ['shard'] }`. */
  pausedShards: PausedShardsSetting.default({}),
})
export type Settings = z.output<typeof Settings>
