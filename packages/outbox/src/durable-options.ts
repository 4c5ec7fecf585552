import { z } from 'zod'

/** The longest that a timer can wait, nearly 25 days; a job may be claimed for 24 hours. */
const LONGEST_ATTEMPT_MS = 23 * 3_600_000
const LONGEST_DELAY_MS = 30 * 24 * 3_600_000

/** A function of a subscription, whose parameters its signal determines. */
type KeyOf = (sender: unknown, payload: unknown) => unknown

const isFunction = (value: unknown): boolean => typeof value === 'function'

/** The schema of the options of the delivery `durable`. */
export const DurableSchema = z
  .strictObject({
    attempts: z.int().min(1).max(1000).default(20),
    retryDelayMs: z.number().nonnegative().max(LONGEST_DELAY_MS).default(1000),
    retryDelayMaxMs: z.number().positive().max(LONGEST_DELAY_MS).default(3_600_000),
    timeoutMs: z.number().positive().max(LONGEST_ATTEMPT_MS).default(30_000),
    shard: z.custom<KeyOf>(isFunction, 'must be a function of the sender and the payload').optional(),
    coalesce: z.custom<KeyOf>(isFunction, 'must be a function of the sender and the payload').optional(),
    whenParked: z.enum(['continue', 'hold']).default('continue'),
  })
  .refine(
    ({ whenParked, shard, coalesce }) =>
      whenParked !== 'hold' || shard !== undefined || coalesce !== undefined,
    {
      path: ['whenParked'],
      // Also beside another option that is wrong: all are told at once.
      when: () => true,
      message: 'needs "shard" or "coalesce": without shards nothing is held',
    },
  )
export type ParsedDurableOptions = z.output<typeof DurableSchema>

/** The options of the delivery `durable`, for the senders `S` and the payloads `P` of a signal. */
export interface DurableOptions<S = unknown, P = unknown> {
  /**
   * How often the receiver is called at most before the job is parked. A process that dies while it runs counts as one.
   *
   * @defaultValue `20`
   */
  readonly attempts?: number
  /**
   * How long after the first failure the receiver is called again, in milliseconds, rounded up to a second. Doubles
   * with every failure, and varies by up to half.
   *
   * @defaultValue `1000`
   */
  readonly retryDelayMs?: number
  /** The longest delay, in milliseconds. @defaultValue `3_600_000` */
  readonly retryDelayMaxMs?: number
  /**
   * How long, in milliseconds, one call may take. Then `meta.signal` is aborted and the attempt has failed.
   *
   * @defaultValue `30_000`
   */
  readonly timeoutMs?: number
  /**
   * Names the shard of an event. Events of one shard are delivered one after the other, in the order of their commits;
   * one that waits for its next attempt holds back those behind it. Other shards go on beside it.
   */
  readonly shard?: (sender: S, payload: P) => string | number
  /**
   * Names what an event is about. Of the events of one shard with the same key that wait, only the newest is delivered,
   * in the place of the oldest. Without `shard` each key is a shard.
   */
  readonly coalesce?: (sender: S, payload: P) => string | number
  /**
   * Whether a shard goes on when one of its jobs is parked, or waits until somebody retries or discards that job.
   *
   * @defaultValue `'continue'`
   */
  readonly whenParked?: 'continue' | 'hold'
}

/** What a receiver with the delivery `durable` is told of the event, in `meta.event`. */
export interface DurableEvent {
  /** The same for every receiver of one send, and whenever one is called again for it. */
  readonly id: string
  /** 1 for the first call; it counts calls that ended with their process. */
  readonly attempt: number
  readonly sentAt: Date
}

declare module '@aldis/core' {
  interface DeliveryOptions<_S, _P> {
    durable: DurableOptions<_S, _P>
  }
}

declare module '@aldis/signals' {
  interface Meta {
    /** The stored event; there with the delivery `durable`. */
    readonly event?: DurableEvent
  }
}
