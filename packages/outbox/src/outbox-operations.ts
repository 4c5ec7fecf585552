import type { Host } from '@aldis/core'

import { failureIn, type JobQueries, type Place } from './job-queries.ts'
import type { JobStore } from './job-store.ts'
import type {
  JobFilter,
  JobState,
  Outbox,
  OutboxJob,
  OutboxJobDetails,
  OutboxStats,
  ReceiverStats,
  ShardStats,
} from './outbox.ts'
import type { OutboxWorker } from './outbox-worker.ts'
import type { ParkedJobs } from './parked-jobs.ts'
import type { PausedShards } from './paused-shards.ts'
import type { Quarantine } from './quarantine.ts'
import { ownerOf, PARKED, queueOf, type QueueOwner } from './queue-name.ts'
import type { Subscriptions } from './subscriptions.ts'

/** How many jobs one statement changes at most. */
const PORTION = 1000
/** How often a drain looks whether it is done, in milliseconds. */
const DRAIN_POLL_MS = 50

/** What the operations need of the outbox. */
export interface OperationParts {
  readonly host: Host
  readonly store: JobStore
  readonly queries: JobQueries
  readonly parked: ParkedJobs
  readonly pausedShards: PausedShards
  readonly quarantine: Quarantine
  readonly subscriptions: Subscriptions
  /** @throws OutboxClosedError when there is nothing to operate on */
  readonly refuseClosed: () => void
  /** The worker of this process; undefined while it does not deliver. */
  readonly worker: () => OutboxWorker | undefined
  /** A worker until it is stopped. */
  readonly startWorker: () => Promise<OutboxWorker>
}

/** A worker of those who drain. */
interface LentWorker {
  readonly worker: Promise<OutboxWorker>
  users: number
}

/** {@link Outbox} on pg-boss. */
export class OutboxOperations implements Outbox {
  readonly #parts: OperationParts
  #lent: LentWorker | undefined

  constructor(parts: OperationParts) {
    this.#parts = parts
  }

  async stats(): Promise<OutboxStats> {
    const { queries, quarantine, refuseClosed } = this.#parts
    refuseClosed()
    const quarantined = await quarantine.list()
    const loaded = this.#loadedPlugins()
    const receivers: ReceiverStats[] = []
    for (const { queue, ...counts } of await queries.counts()) {
      const owner = ownerOf(queue)
      if (owner === undefined) continue
      const status = quarantined.has(queue) ? 'quarantined' : this.#statusOf(owner, loaded)
      const empty = counts.waiting + counts.running + counts.parked === 0
      if (status === 'gone' && empty) continue
      receivers.push({ ...owner, status, quarantine: quarantined.get(queue), ...counts })
    }
    const sum = (key: 'waiting' | 'running' | 'parked'): number =>
      receivers.reduce((total, each) => total + each[key], 0)
    const lagSeconds = receivers.reduce((longest, each) => Math.max(longest, each.lagSeconds), 0)
    return {
      waiting: sum('waiting'),
      running: sum('running'),
      parked: sum('parked'),
      lagSeconds,
      receivers,
    }
  }

  async list(
    filter: JobFilter = {},
    { limit = 100, offset = 0 }: { readonly limit?: number; readonly offset?: number } = {},
  ): Promise<readonly OutboxJob[]> {
    this.#parts.refuseClosed()
    return this.#parts.queries.list(filter, limit, offset)
  }

  async show(id: string): Promise<OutboxJobDetails | undefined> {
    this.#parts.refuseClosed()
    return this.#parts.queries.show(id)
  }

  retry(filter: JobFilter): Promise<number> {
    const { store, parked } = this.#parts
    return this.#change(filter, (name, ids) =>
      name === PARKED ? parked.retry(ids) : store.makeDue(name, ids),
    )
  }

  discard(filter: JobFilter): Promise<number> {
    const { store, parked } = this.#parts
    return this.#change(filter, (name, ids) =>
      name === PARKED ? parked.discard(ids) : store.discard(name, ids),
    )
  }

  async shards(receiver: Partial<QueueOwner> = {}, limit = 10): Promise<readonly ShardStats[]> {
    const { queries, quarantine, refuseClosed, pausedShards } = this.#parts
    refuseClosed()
    const quarantined = await quarantine.list()
    const rows = await queries.shards(receiver, limit)
    return rows.flatMap(({ queue, running, held, retryAt, output, ...row }) => {
      const owner = ownerOf(queue)
      if (owner === undefined) return []
      const heldBack = held ? 'held' : retryAt !== null && !running ? 'retrying' : 'working'
      const set = pausedShards.has(owner, row.shard) ? 'paused' : heldBack
      const status = quarantined.has(queueOf(owner)) ? 'quarantined' : set
      const due = status === 'retrying' && retryAt !== null ? new Date(retryAt) : undefined
      return { ...owner, ...row, status, retryAt: due, error: failureIn(output)?.message }
    })
  }

  async drain({
    signal,
    onlyPresent = false,
  }: { readonly signal?: AbortSignal; readonly onlyPresent?: boolean } = {}): Promise<number> {
    const { queries, refuseClosed } = this.#parts
    refuseClosed()
    const by = onlyPresent ? await queries.now() : undefined
    const lent = this.#parts.worker() === undefined ? this.#borrow() : undefined
    try {
      const own = await lent?.worker
      for (;;) {
        const worker = this.#parts.worker() ?? own
        await worker?.look()
        const due = worker !== undefined && (await queries.anyDue(worker.queues, by))
        if (!due || signal?.aborted === true) break
        await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS))
      }
    } finally {
      if (lent) await this.#giveBack(lent)
    }
    return queries.left()
  }

  async resume(owner: Partial<QueueOwner> = {}): Promise<readonly QueueOwner[]> {
    this.#parts.refuseClosed()
    const released = await this.#parts.quarantine.release(owner)
    await this.#parts.worker()?.look()
    return released
  }

  /** Do `change` to parked jobs, and to waiting ones where `filter` says so, portion by portion. */
  async #change(
    filter: JobFilter,
    change: (name: string, ids: readonly string[]) => Promise<number>,
  ): Promise<number> {
    this.#parts.refuseClosed()
    const states: JobState[] = filter.state === undefined ? ['parked'] : [filter.state]
    if (filter.state === undefined && filter.ids) states.push('waiting')
    const allowed = states.filter((state) => state === 'parked' || state === 'waiting')
    let changed = 0
    let last: Place | undefined
    for (;;) {
      const places = await this.#parts.queries.places(filter, allowed, PORTION, last)
      for (const [name, own] of Map.groupBy(places, ({ name }: Place) => name)) {
        const ids = own.map(({ id }) => id)
        changed += await change(name, ids)
      }
      if (places.length < PORTION) return changed
      last = places.at(-1)
    }
  }

  /** A worker for as long as somebody drains: one for all that do. */
  #borrow(): LentWorker {
    this.#lent ??= { worker: this.#parts.startWorker(), users: 0 }
    this.#lent.users++
    return this.#lent
  }

  async #giveBack(lent: LentWorker): Promise<void> {
    lent.users--
    if (lent.users > 0) return
    if (this.#lent === lent) this.#lent = undefined
    const worker = await lent.worker.catch(() => undefined)
    await worker?.stop()
  }

  #loadedPlugins(): ReadonlySet<string> {
    const { plugins } = this.#parts.host
    return new Set(plugins.filter(({ state }) => state === 'on').map(({ name }) => name))
  }

  #statusOf(owner: QueueOwner, loaded: ReadonlySet<string>): 'working' | 'disabled' | 'gone' {
    if (!loaded.has(owner.plugin)) return 'disabled'
    return this.#parts.subscriptions.get(owner) === undefined ? 'gone' : 'working'
  }
}
