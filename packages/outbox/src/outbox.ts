import { defineToken, type Token } from '@aldis/core'

import type { Quarantined } from './quarantine.ts'
import type { QueueOwner } from './queue-name.ts'
import type { StoredSender } from './stored-sender.ts'

export type { Quarantined } from './quarantine.ts'
export type { QueueOwner } from './queue-name.ts'
export type { StoredSender } from './stored-sender.ts'

/** Where a job is: `waiting` for its first or next call, `running`, `parked` until an operator deals with it, or `delivered`. */
export const JOB_STATES = ['waiting', 'running', 'parked', 'delivered'] as const
export type JobState = (typeof JOB_STATES)[number]

/** One event for one subscription. */
export interface OutboxJob extends QueueOwner {
  /** A parked job has another, and its own again when it is retried. */
  readonly id: string
  readonly state: JobState
  readonly eventId: string
  /** `namespace:name`. */
  readonly signal: string
  readonly sender: StoredSender
  readonly sentAt: Date
  /** How often the receiver has been called, a call that runs included. */
  readonly attempts: number
  /** When the receiver can be called next; undefined unless the job waits. */
  readonly dueAt: Date | undefined
  /** The message of the last failure. */
  readonly error: string | undefined
  /** The code of the last failure, where it has one. */
  readonly errorCode: string | undefined
  /** The shard that it is delivered in, where its subscription has shards. */
  readonly shard: string | undefined
}

/** A job with all that is stored of it. */
export interface OutboxJobDetails extends OutboxJob {
  /** The payload as it was sent, read from JSON. */
  readonly payload: unknown
  /** The version of the payload's schema. */
  readonly version: number
  readonly traceparent: string | undefined
  /** What it is about, where its subscription coalesces. */
  readonly coalesce: string | undefined
}

/** What there is for one receiver. */
export interface ReceiverStats extends QueueOwner {
  /**
   * `working`: called while there is a process that delivers; `disabled` while its plugin is not loaded here: its jobs
   * wait; `gone` when its plugin is loaded and has no such subscription: its jobs are parked; `quarantined` after too many
   * failures: its jobs wait.
   */
  readonly status: 'working' | 'disabled' | 'gone' | 'quarantined'
  /** Why and since when it is quarantined. */
  readonly quarantine: Quarantined | undefined
  readonly waiting: number
  /** Those that wait after a failure; counted in `waiting` too. */
  readonly retrying: number
  readonly running: number
  readonly parked: number
  /** How long the oldest job that is due has waited, in seconds; 0 when none is. */
  readonly lagSeconds: number
}

/** What there is in one shard of a receiver. */
export interface ShardStats extends QueueOwner {
  readonly shard: string
  /**
   * `working`; `retrying` while its first job waits for its next attempt; `held` by a parked job; `paused` by the
   * setting `pausedShards`; `quarantined` as its receiver is. In all but the first its jobs wait.
   */
  readonly status: 'working' | 'retrying' | 'held' | 'paused' | 'quarantined'
  /** How many of its jobs wait, one that has failed included. */
  readonly waiting: number
  /** When the job that has failed is due again; undefined unless it is `retrying`. */
  readonly retryAt: Date | undefined
  /** How long the oldest job that has not been called has been due, in seconds. */
  readonly lagSeconds: number
  /** The message of the failure that holds the shard back. */
  readonly error: string | undefined
}

/** What there is in the outbox. */
export interface OutboxStats {
  readonly waiting: number
  readonly running: number
  readonly parked: number
  /** The longest of the receivers' lags. */
  readonly lagSeconds: number
  /** By plugin and subscription. */
  readonly receivers: readonly ReceiverStats[]
}

/** Which jobs. What is left out does not matter; several must all fit. */
export interface JobFilter extends Partial<QueueOwner> {
  /** Of a parked job, its own or the one that it had before. */
  readonly ids?: readonly string[]
  readonly state?: JobState
}

/** The outbox for who operates it: commands, pages, other plugins. Ask for it with `inject`. */
export interface Outbox {
  /** What waits, runs and is parked, by receiver. Delivered jobs are not counted. */
  stats(): Promise<OutboxStats>
  /** The jobs that `filter` takes, newest first, at most `limit` (100) from the `offset`th (0) on. */
  list(
    filter?: JobFilter,
    page?: { readonly limit?: number; readonly offset?: number },
  ): Promise<readonly OutboxJob[]>
  /** The job `id` with its payload; undefined when it is not there. */
  show(id: string): Promise<OutboxJobDetails | undefined>
  /**
   * Give jobs that `filter` takes to their receivers again, at once: parked ones with all their attempts before them, and
   * those that wait for a later attempt and that `filter.ids` names or that it asks for by state. Resolves with their number.
   */
  retry(filter: JobFilter): Promise<number>
  /** Delete parked jobs that `filter` takes, or waiting ones as in {@link Outbox.retry}, undelivered. Resolves with their number. */
  discard(filter: JobFilter): Promise<number>
  /** The deepest shards with jobs that wait, of those that `receiver` takes, at most `limit` (10), deepest first. */
  shards(receiver?: Partial<QueueOwner>, limit?: number): Promise<readonly ShardStats[]>
  /**
   * Deliver what is due, and resolve with the number of jobs that wait all the same: for a later attempt, for a
   * plugin, or for a resume. Other processes may take some of it. With `onlyPresent` it does not wait for what is
   * stored after the call, so it ends also while much is sent. Call it outside transactions; from
   * `afterCommit(() => outbox.drain({ onlyPresent: true }))` it makes a transaction resolve after its events were delivered,
   * unless this process stops delivering meanwhile.
   */
  drain(options?: { readonly signal?: AbortSignal; readonly onlyPresent?: boolean }): Promise<number>
  /** Let quarantined receivers go on, all or those that are named, and resolve with them. */
  resume(owner?: Partial<QueueOwner>): Promise<readonly QueueOwner[]>
}

export const Outbox: Token<Outbox> = defineToken<Outbox>('outbox:Outbox')
