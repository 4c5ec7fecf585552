/** What a child is to do, as it crosses the process boundary. */
import { z } from 'zod'

import { ANY_STATEMENT, NAMED_POINTS } from './kill-points.ts'

export const CrashPlan = z.object({
  database: z.union([z.object({ folder: z.string() }), z.object({ url: z.string() })]),
  batchSize: z.int(),
  /** Whether events are delivered in shards: see `shard-order.ts`. */
  shards: z.boolean().default(false),
  /** Where receivers tell of their calls, one line of {@link CallLine} each. */
  log: z.string(),
  /** Begins the ids of the events that this child sends. */
  child: z.string(),
  seed: z.number(),
  /**
   * `mixed`: transactions of all kinds without an end. `one`: one transaction with one event. `none`: nothing is sent.
   * `drain`: nothing is sent, and the child ends by itself when nothing is left to deliver. `upgrade`: the child brings
   * the database up to date, and ends.
   */
  work: z.enum(['mixed', 'one', 'none', 'drain', 'upgrade']),
  /** Whether the child delivers. */
  serves: z.boolean().default(true),
  /** Where it dies; it lives until its parent ends it when this is left out. */
  kill: z.object({ point: z.enum([...NAMED_POINTS, ANY_STATEMENT]), hit: z.int().min(1) }).optional(),
  /** It stops as after a SIGTERM while receivers run, which it does not wait for. */
  stops: z.boolean().default(false),
})
export type CrashPlan = z.output<typeof CrashPlan>

/** A receiver was called for an event, or is about to return from that. */
export const CallLine = z.object({
  what: z.enum(['called', 'returns']),
  /** In which child. */
  child: z.string(),
  id: z.string(),
  eventId: z.string(),
  attempt: z.number(),
  /** Milliseconds since 1970. */
  at: z.number(),
})
export type CallLine = z.output<typeof CallLine>

/** What a child with the work `drain` prints at its end. */
export const Drained = z.object({
  /** Since when it has delivered, in milliseconds since 1970. */
  servesSince: z.number(),
  /** The ids of the events whose transaction has committed. */
  committed: z.array(z.string()),
  waiting: z.number(),
  running: z.number(),
  parked: z.number(),
  delivered: z.number(),
})
export type Drained = z.output<typeof Drained>
