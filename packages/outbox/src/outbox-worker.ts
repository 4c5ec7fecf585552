import { messageOf, type Host, type Logger } from '@aldis/core'
import { PgBoss, type Job, type JobResult } from 'pg-boss'

import { bossConnection } from './boss-connection.ts'
import { SCHEMA } from './boss-schema.ts'
import { currentEvent } from './current-event.ts'
import { attemptDelivery, type Attempt } from './delivery-attempt.ts'
import { deadLetter, messageToKeep, outputOf, park } from './job-results.ts'
import type { JobStore } from './job-store.ts'
import type { ParkedJobs } from './parked-jobs.ts'
import type { PausedShards } from './paused-shards.ts'
import type { Quarantine } from './quarantine.ts'
import { isSharded, ownerOf, queueOf, type QueueOwner } from './queue-name.ts'
import type { Settings } from './settings.ts'
import { StoredEvent } from './stored-event.ts'
import { isConnected, type DurableSubscription, type Subscriptions } from './subscriptions.ts'
import { TableCare } from './table-care.ts'
import type { Outcome, Telemetry } from './telemetry.ts'

/** How often at least a worker looks for jobs, and for receivers to work for. */
const POLL_SECONDS = 2
/** How often those are found whose process has died. */
const MONITOR_SECONDS = 10
/** How long a job waits that was taken although its shard is paused or its plugin on its way out. */
const PAUSE_SECONDS = 10
/** How long a stop waits for the database to take back what was not finished. */
const GIVE_BACK_MS = 5000

/** What a worker needs of the outbox. */
export interface WorkerParts {
  readonly settings: Settings
  readonly host: Host
  readonly logger: Logger
  readonly store: JobStore
  readonly quarantine: Quarantine
  readonly parked: ParkedJobs
  readonly pausedShards: PausedShards
  readonly subscriptions: Subscriptions
  readonly telemetry: Telemetry
}

/** What was taken together. */
interface Batch {
  readonly queue: string
  /** pg-boss's own: it records what is left there when all have an outcome, and gives it back when the process stops. */
  readonly jobs: Job[]
  /** Of those that have an outcome. */
  readonly results: JobResult[]
}

/** What is done with the jobs of a queue. */
type Mode = 'deliver' | 'park'

/** Delivers: takes jobs, calls their receivers and records what became of it, until it is stopped. */
export class OutboxWorker {
  readonly #parts: WorkerParts
  readonly #boss: PgBoss
  /** What is done for each queue. */
  readonly #working = new Map<string, Mode>()
  /** By queue: who takes its jobs, for pg-boss. */
  readonly #takers = new Map<string, string>()
  /** By queue: how often its receiver has failed since it last returned. */
  readonly #failures = new Map<string, number>()
  readonly #batches = new Set<Batch>()
  readonly #care: TableCare
  #looking: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #takeBackConnection: (() => void) | undefined
  #stopping = false

  private constructor(parts: WorkerParts) {
    this.#parts = parts
    this.#care = new TableCare(parts.logger)
    this.#boss = new PgBoss({
      ...bossConnection(parts.settings),
      schema: SCHEMA,
      application_name: 'aldis-outbox',
      migrate: false,
      schedule: false,
      supervise: true,
      superviseIntervalSeconds: MONITOR_SECONDS,
      monitorIntervalSeconds: MONITOR_SECONDS,
      maintenanceIntervalSeconds: 600,
      useListenNotify: true,
    })
    this.#boss.on('error', (err) => parts.logger.error({ err }, 'the outbox met an error, and goes on'))
    this.#boss.on('warning', ({ message, data }) => parts.logger.warn({ data }, message))
  }

  /** Start to deliver. Call it outside transactions. */
  static async start(parts: WorkerParts): Promise<OutboxWorker> {
    const worker = new OutboxWorker(parts)
    await worker.#boss.start()
    worker.#takeBackConnection = parts.store.lend(worker.#boss.getDb())
    try {
      await worker.look()
    } catch (error) {
      await worker.stop()
      throw error
    }
    worker.#timer = setInterval(() => {
      worker.look().catch((err: unknown) => parts.logger.error({ err }, 'the outbox could not look for work'))
    }, POLL_SECONDS * 1000)
    return worker
  }

  /** Work for the receivers there are now, and for no others. */
  look(): Promise<void> {
    const turn = this.#looking.then(() => this.#look())
    this.#looking = turn.catch(() => undefined)
    return turn
  }

  /** The queues that it takes jobs from. */
  get queues(): readonly string[] {
    return [...this.#working.keys()]
  }

  /** Stop taking jobs, wait for the receivers that run, but not longer than the settings say, and close. */
  async stop(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#timer)
    const drained = this.#looking.then(async () => {
      // Also of queues that it does not work for any more.
      await Promise.all([...this.#takers.keys()].map((name) => this.#boss.offWork(name)))
      await this.#care.done
    })
    await within(this.#parts.settings.drainTimeoutMs, drained)
    const records = [...this.#batches].map((batch) => this.#recordDelivered(batch))
    await within(GIVE_BACK_MS, Promise.allSettled(records))
    this.#takeBackConnection?.()
    // Whoever still runs has its job given back, and its signal aborted. A silent database is not waited for.
    await within(GIVE_BACK_MS, this.#boss.stop({ graceful: false }))
  }

  async #look(): Promise<void> {
    if (this.#stopping) return
    const wanted = await this.#wanted()
    for (const [name, mode] of this.#working) {
      if (wanted.get(name) === mode) continue
      this.#working.delete(name)
      await this.#boss.offWork(name, { wait: false })
    }
    for (const [name, mode] of wanted) {
      if (this.#working.has(name)) continue
      this.#working.set(name, mode)
      await this.#work(name, mode)
    }
    for (const name of await this.#parts.parked.letGoOn()) this.#takeNext(name)
  }

  /** What is to be done for the queues of receivers, and for those whose receiver is gone while its plugin is there. */
  async #wanted(): Promise<Map<string, Mode>> {
    const { store, subscriptions, quarantine, host } = this.#parts
    const wanted = new Map<string, Mode>()
    const connected = [...subscriptions].filter(isConnected)
    await store.prepare(connected)
    const quarantined = await quarantine.list()
    const loaded = new Set(host.plugins.filter(({ state }) => state === 'on').map(({ name }) => name))
    for (const { name, abandoned } of await store.queues()) {
      const owner = ownerOf(name)
      if (owner === undefined || !loaded.has(owner.plugin)) continue
      const subscription = subscriptions.get(owner)
      if (subscription === undefined) {
        if (abandoned) wanted.set(name, 'park')
      } else if (isConnected(subscription) && !quarantined.has(queueOf(owner))) {
        // Also the queue from before the subscription got shards, or lost them.
        wanted.set(name, 'deliver')
      }
    }
    return wanted
  }

  async #work(name: string, mode: Mode): Promise<void> {
    const { batchSize } = this.#parts.settings
    const taker = await this.#boss.work<object, unknown, typeof WORK & { readonly batchSize: number }>(
      name,
      { ...WORK, batchSize },
      async (jobs) => {
        const taken = [...jobs]
        const batch: Batch = { queue: name, jobs, results: [] }
        this.#batches.add(batch)
        try {
          await Promise.all(taken.map((job) => this.#settleIn(batch, job, mode)))
          // What comes next in these shards can be taken then; and pg-boss waits between batches of one.
          if (batchSize === 1 || isSharded(name)) this.#takeNext(name)
          await this.#recordDelivered(batch)
        } finally {
          this.#batches.delete(batch)
        }
        this.#care.taken(taken.length)
        return batch.results
      },
    )
    this.#takers.set(name, taker)
  }

  async #settleIn({ queue, jobs, results }: Batch, job: Job, mode: Mode): Promise<void> {
    const outcome = mode === 'park' ? await park(job) : await this.#outcomeOf(queue, job, jobs)
    if (outcome !== undefined) results.push(outcome)
  }

  /**
   * Record the jobs that were delivered, and take them out of the batch: pg-boss records what is left in it job by job,
   * each with an output of its own, by a statement that costs more.
   */
  async #recordDelivered({ queue, jobs, results }: Batch): Promise<void> {
    const done = new Set(results.flatMap(({ id, status }) => (status === 'completed' ? id : [])))
    if (done.size === 0) return
    const isDone = ({ id }: Job): boolean => done.has(id)
    const left = jobs.filter(isDone)
    // A stop may have been sooner.
    if (left.length > 0) await this.#boss.complete(queue, left)
    takeOut(jobs, isDone)
  }

  /** Do not wait for the next turn to take jobs of the queue `name`. */
  #takeNext(name: string): void {
    const taker = this.#takers.get(name)
    if (taker !== undefined) this.#boss.notifyWorker(taker)
  }

  /**
   * The outcome of a job that is in `batch`; undefined when it is not this process's any more. What fails beside a receiver
   * is the failure of one job, and not of those that were taken with it.
   */
  async #outcomeOf(queue: string, job: Job, batch: Job[]): Promise<JobResult | undefined> {
    try {
      const outcome = await this.#deliver(queue, job)
      // At once: somebody else may have it before the batch is done.
      if (outcome === undefined) takeOut(batch, ({ id }) => id === job.id)
      return outcome
    } catch (err) {
      this.#parts.logger.error({ err }, 'the outbox could not deliver a job, and tries again')
      return { id: job.id, status: 'failed', output: outputOf(err) }
    }
  }

  async #deliver(queue: string, job: Job): Promise<JobResult | undefined> {
    const parsed = StoredEvent.safeParse(job.data)
    if (!parsed.success) return deadLetter(job, 'The job is not what the outbox stores.')
    const { store, subscriptions, pausedShards, telemetry } = this.#parts
    const { shard } = parsed.data
    const subscription = subscriptions.get(parsed.data)
    const paused = shard !== undefined && pausedShards.has(parsed.data, shard)
    if (subscription === undefined || !isConnected(subscription) || paused) {
      await store.giveBack(queue, job, PAUSE_SECONDS)
      return undefined
    }
    const event = shard === undefined ? parsed.data : await currentEvent(store, queue, job, parsed.data)
    if (event === undefined) return undefined
    const number = job.retryCount + 1
    let attempt: Attempt = { kind: 'delivered' }
    await telemetry.attempt(event, number, async (): Promise<Outcome> => {
      attempt = await attemptDelivery(subscription, event, number, job.signal)
      return attempt.kind
    })
    return this.#settle(queue, job, subscription, event, attempt)
  }

  async #settle(
    queue: string,
    job: Job,
    { plugin, subscription, options }: DurableSubscription,
    { eventId }: StoredEvent,
    attempt: Attempt,
  ): Promise<JobResult | undefined> {
    if (attempt.kind === 'delivered') {
      this.#failures.delete(queueOf({ plugin, subscription }))
      return { id: job.id, status: 'completed' }
    }
    const { error } = attempt
    const last = attempt.kind === 'parked' || job.retryCount + 1 >= options.attempts
    const { logger } = this.#parts
    const fields = { err: error, plugin, subscription, event: eventId, attempt: job.retryCount + 1 }
    if (last) logger.error(fields, `a durable receiver failed, and its job is parked: ${messageOf(error)}`)
    else logger.warn(fields, `a durable receiver failed, and is called again: ${messageOf(error)}`)
    const output = outputOf(error)
    if (attempt.kind === 'parked') return { id: job.id, status: 'deadletter', output }
    await this.#count({ plugin, subscription }, messageToKeep(error))
    const { delayMs } = attempt
    const later = delayMs !== undefined && (await this.#parts.store.retryAfter(queue, job, output, delayMs))
    return later ? undefined : { id: job.id, status: 'failed', output }
  }

  /** A receiver failed once more: too often in a row, and its jobs wait. */
  async #count(owner: QueueOwner, reason: string): Promise<void> {
    const queue = queueOf(owner)
    const failures = (this.#failures.get(queue) ?? 0) + 1
    this.#failures.set(queue, failures)
    if (failures < this.#parts.settings.quarantineAfter) return
    this.#failures.delete(queue)
    await this.#parts.quarantine.add(owner, failures, reason)
    this.#parts.logger.error(
      owner,
      `a durable receiver failed ${failures} times in a row and is quarantined: its jobs wait until "aldis outbox resume"`,
    )
    // This runs inside a batch: no other is taken before that has ended.
    void this.look()
    await this.#looking
  }
}

/** Take jobs out of what pg-boss took together: it records what is left there, and shows signs of life for it. */
function takeOut(batch: Job[], isOut: (job: Job) => boolean): void {
  batch.splice(0, batch.length, ...batch.filter((job) => !isOut(job)))
}

/** Wait for `work`, but not longer than `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const WORK = {
  perJobResults: true,
  burstWhenBatchFull: true,
  pollingIntervalSeconds: POLL_SECONDS,
  notifyPollingIntervalSeconds: POLL_SECONDS,
} as const
