import { messageOf, type BoundSubscription, type Host, type Logger } from '@aldis/core'
import { rawDatabase } from '@aldis/models'
import { PgBoss, type ConstructorOptions, type Db, type JobResult, type JobWithMetadata } from 'pg-boss'
import { z } from 'zod'

import { SCHEMA } from './boss-schema.ts'
import { attemptDelivery, type Attempt } from './delivery-attempt.ts'
import type { JobStore } from './job-store.ts'
import type { Quarantine } from './quarantine.ts'
import { ownerOf, queueOf, type QueueOwner } from './queue-name.ts'
import type { Settings } from './settings.ts'
import { StoredEvent } from './stored-event.ts'
import { isConnected, type Subscriptions } from './subscriptions.ts'
import type { Outcome, Telemetry } from './telemetry.ts'

/** How often at least a worker looks for jobs, and for receivers to work for. */
const POLL_SECONDS = 2
/** How often those are found whose process has died. */
const MONITOR_SECONDS = 10
/** What is stored of an error's message. */
const LONGEST_MESSAGE = 2000

/** What a worker needs of the outbox. */
export interface WorkerParts {
  readonly settings: Settings
  readonly host: Host
  readonly logger: Logger
  readonly store: JobStore
  readonly quarantine: Quarantine
  readonly subscriptions: Subscriptions
  readonly telemetry: Telemetry
}

type Mode = 'deliver' | 'park'

/** Delivers: takes jobs, calls their receivers and records what became of it, until it is stopped. */
export class OutboxWorker {
  readonly #parts: WorkerParts
  readonly #boss: PgBoss
  /** What is done for each queue. */
  readonly #working = new Map<string, Mode>()
  /** By queue: how often its receiver has failed since it last returned. */
  readonly #failures = new Map<string, number>()
  #looking: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #stopping = false

  private constructor(parts: WorkerParts) {
    this.#parts = parts
    this.#boss = new PgBoss({
      ...connectionOf(parts.settings),
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
    await worker.look()
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
    await this.#looking
    const { drainTimeoutMs } = this.#parts.settings
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, drainTimeoutMs)
    await Promise.race([Promise.all([...this.#working.keys()].map((name) => this.#boss.offWork(name))), late])
    clearTimeout(timer)
    // Whoever still runs has its job given back, and its signal aborted.
    await this.#boss.stop({ graceful: false })
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
  }

  /** The queues to work, by name: those of receivers, and those whose receiver is gone while its plugin is there. */
  async #wanted(): Promise<Map<string, Mode>> {
    const { store, subscriptions, quarantine, host } = this.#parts
    const wanted = new Map<string, Mode>()
    const connected = [...subscriptions].filter(isConnected)
    await store.prepare(connected)
    const quarantined = await quarantine.list()
    for (const { plugin, id } of connected) {
      const name = queueOf({ plugin, subscription: id })
      if (!quarantined.has(name)) wanted.set(name, 'deliver')
    }
    const loaded = new Set(host.plugins.filter(({ state }) => state === 'on').map(({ name }) => name))
    const queues = await store.query(z.object({ name: z.string() }), `select name from ${SCHEMA}.queue`)
    for (const { name } of queues) {
      const owner = ownerOf(name)
      if (owner && loaded.has(owner.plugin) && !subscriptions.get(owner)) wanted.set(name, 'park')
    }
    return wanted
  }

  async #work(name: string, mode: Mode): Promise<void> {
    const { batchSize } = this.#parts.settings
    await this.#boss.work<object, unknown, typeof WORK & { readonly batchSize: number }>(
      name,
      { ...WORK, batchSize },
      (jobs) => Promise.all(jobs.map((job) => (mode === 'park' ? park(job) : this.#deliver(name, job)))),
    )
  }

  async #deliver(queue: string, job: JobWithMetadata): Promise<JobResult> {
    const parsed = StoredEvent.safeParse(job.data)
    if (!parsed.success) return deadLetter(job, 'The job is not what the outbox stores.')
    const event = parsed.data
    const subscription = this.#parts.subscriptions.get(event)
    if (subscription === undefined || !isConnected(subscription)) {
      const output = { message: `The plugin "${event.plugin}" was unloaded: its jobs wait for it.` }
      return { id: job.id, status: 'failed', output }
    }
    const number = job.retryCount + 1
    let attempt: Attempt = { kind: 'delivered' }
    await this.#parts.telemetry.attempt(event, number, async (): Promise<Outcome> => {
      attempt = await attemptDelivery(subscription, event, number, job.signal)
      return attempt.kind
    })
    return this.#settle(queue, job, subscription, event, attempt)
  }

  async #settle(
    queue: string,
    job: JobWithMetadata,
    { plugin, id }: BoundSubscription,
    { eventId }: StoredEvent,
    attempt: Attempt,
  ): Promise<JobResult> {
    if (attempt.kind === 'delivered') {
      this.#failures.delete(queue)
      return { id: job.id, status: 'completed' }
    }
    const { error } = attempt
    const last = attempt.kind === 'parked' || job.retryCount >= job.retryLimit
    const { logger } = this.#parts
    const fields = { err: error, plugin, subscription: id, event: eventId, attempt: job.retryCount + 1 }
    if (last) logger.error(fields, `a durable receiver failed, and its job is parked: ${messageOf(error)}`)
    else logger.warn(fields, `a durable receiver failed, and is called again: ${messageOf(error)}`)
    const output = outputOf(error)
    if (attempt.kind === 'parked') return { id: job.id, status: 'deadletter', output }
    await this.#count({ plugin, subscription: id }, messageOf(error))
    if (attempt.delayMs !== undefined) await this.#delay(queue, job, output, attempt.delayMs)
    return { id: job.id, status: 'failed', output }
  }

  /** Give `job` back now, and only after `delayMs` to whoever takes it next. */
  async #delay(queue: string, job: JobWithMetadata, output: object, delayMs: number): Promise<void> {
    await this.#boss.fail(queue, job, output)
    await this.#boss.update(queue, undefined, { id: job.id, startAfter: new Date(Date.now() + delayMs) })
  }

  /** A receiver failed once more: too often in a row, and its jobs wait. */
  async #count(owner: QueueOwner, reason: string): Promise<void> {
    const queue = queueOf(owner)
    const failures = (this.#failures.get(queue) ?? 0) + 1
    this.#failures.set(queue, failures)
    if (failures < this.#parts.settings.quarantineAfter) return
    this.#failures.delete(queue)
    await this.#parts.quarantine.add(owner, failures, reason.slice(0, LONGEST_MESSAGE))
    this.#parts.logger.error(
      owner,
      `a durable receiver failed ${failures} times in a row: its jobs wait until "aldis outbox resume"`,
    )
    // This runs inside the batch that stopping would wait for.
    void this.look()
  }
}

const WORK = {
  includeMetadata: true,
  perJobResults: true,
  burstWhenBatchFull: true,
  pollingIntervalSeconds: POLL_SECONDS,
  notifyPollingIntervalSeconds: POLL_SECONDS,
} as const

/** A connection of its own on a server, which can listen; the one there is on the embedded database. */
function connectionOf({ poolSize }: Settings): ConstructorOptions {
  const database = rawDatabase()
  if (database.url !== undefined) return { connectionString: database.url, max: poolSize }
  const db: Db = {
    executeSql: (text, values) => database.execute(text, values),
    async listen(channel, onNotification, onReconnect) {
      const close = await database.listen?.(channel, onNotification)
      onReconnect()
      return { close: async () => close?.() }
    },
  }
  return { db, backend: 'pglite' }
}

function park(job: JobWithMetadata): Promise<JobResult> {
  const owner = ownerOf(job.name)
  return Promise.resolve(
    deadLetter(
      job,
      `The plugin "${owner?.plugin}" has no durable subscription "${owner?.subscription}" any more. Give the receiver ` +
        'this id again and retry the job, or discard it.',
    ),
  )
}

function deadLetter(job: JobWithMetadata, message: string): JobResult {
  return { id: job.id, status: 'deadletter', output: { message } }
}

/** What is kept of an error where an operator sees it. */
function outputOf(error: unknown): { message: string; code?: string } {
  const message = messageOf(error).slice(0, LONGEST_MESSAGE)
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? { message, code } : { message }
}
