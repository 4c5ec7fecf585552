/** An outbox that programs are run on: its workers, its clock, and processes that die. */
import { createHost, type Host, type Injected } from '@aldis/core'
import { MemoryLogger } from '@aldis/core/testing'
import ModelsPlugin, { em, rawDatabase } from '@aldis/models'
import OutboxPlugin, { Outbox } from '@aldis/outbox'
import { PgBoss } from 'pg-boss'
import { vi } from 'vitest'
import { z } from 'zod'

import type { DatabaseSettings } from './databases.ts'
import { Subject, Witness, workers, type Call, type Subscription } from './outbox-model-witness.ts'

const BATCH_SIZE = 3

/** One event for one subscription. */
export interface JobKey {
  readonly subscription: string
  readonly eventId: string
}
export const keyOf = ({ subscription, eventId }: JobKey): string => `${subscription} ${eventId}`

const Jobs = z.tuple([z.object({ busy: z.boolean(), due: z.boolean(), held: z.boolean() })])
const Claimed = z.array(z.object({ id: z.string(), subscription: z.string(), eventId: z.string() }))

interface Worker {
  readonly number: number
  readonly stop: () => Promise<void>
}

export class OutboxSystem {
  readonly #host: Host
  readonly #plugin: OutboxPlugin
  readonly #subject: Subject
  /** Somebody else who looks at the jobs: the monitor of another process, or one that dies. */
  readonly #other = new PgBoss({
    db: { executeSql: (text, values) => rawDatabase().execute(text, values) },
    schema: 'aldis_jobs',
    migrate: false,
    supervise: false,
    schedule: false,
  })
  #workers: Worker[] = []
  #started = 0
  /** The ids of jobs that are claimed by who is dead. */
  #ghosts = new Set<string>()
  /** By {@link keyOf}: how often a claim was lost in which the receiver had been called. */
  readonly faults = new Map<string, number>()

  private constructor(host: Host, plugin: OutboxPlugin, subject: Subject) {
    this.#host = host
    this.#plugin = plugin
    this.#subject = subject
  }

  static async start(database: DatabaseSettings): Promise<OutboxSystem> {
    const subject = new Subject()
    const { promise, resolve } = Promise.withResolvers<OutboxPlugin>()
    // The host serves once; each time that this is asked to serve is another worker.
    class Kept extends OutboxPlugin {
      constructor(...parts: Injected<typeof OutboxPlugin.inject>) {
        super(...parts)
        resolve(this)
      }
    }
    const host = await createHost({
      config: {
        plugins: ['models', 'outbox', 'subject'],
        settings: {
          models: database,
          outbox: { batchSize: BATCH_SIZE, quarantineAfter: 1_000_000, drainTimeoutMs: 200 },
        },
      },
      plugins: [
        { name: 'models', plugin: ModelsPlugin },
        { name: 'outbox', plugin: Kept, requires: { models: '*' } },
        { name: 'subject', plugin: subject },
      ],
      logger: new MemoryLogger(),
    })
    await host.load()
    await host.start()
    return new OutboxSystem(host, await promise, subject)
  }

  get outbox(): Outbox {
    return this.#host.resolve(Outbox)
  }

  get witness(): Witness {
    return this.#subject.witness
  }

  /** Forget the program before. */
  async reset(): Promise<void> {
    this.#subject.witness = new Witness()
    this.#ghosts = new Set()
    this.faults.clear()
    await this.enable()
    await em().execute('delete from aldis_jobs.job')
  }

  /** Let go of everything, so that no code of this program runs in the next. */
  async end(): Promise<void> {
    this.witness.forgetPlans()
    this.witness.wake(this.witness.hanging, 'returned')
    await this.#stop(this.#workers)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host.stop()
  }

  /** The plugin goes, which it does when its receivers have returned. */
  async disable(): Promise<void> {
    if (!this.#enabled) return
    const gone = this.#host.unload('subject')
    await this.wake(this.witness.hanging, 'returned')
    await gone
  }

  async enable(): Promise<void> {
    if (!this.#enabled) await this.#host.load('subject')
  }

  get #enabled(): boolean {
    return this.#host.plugins.some(({ name, state }) => name === 'subject' && state === 'on')
  }

  /** A worker does what there is to do, and stops unless one of its receivers hangs. Then another does the rest. */
  async work(): Promise<void> {
    for (let done = false; !done;) {
      const worker = this.#startWorker()
      done = await vi.waitFor(() => this.#isDoneBy(worker), { timeout: 20_000, interval: 5 })
      if (!this.#hangsIn(worker)) await this.#stop([worker])
    }
  }

  #startWorker(): Worker {
    const number = ++this.#started
    const stopping = new AbortController()
    const serving = workers.run(number, () => this.#plugin.serve(stopping.signal, () => undefined))
    const worker: Worker = {
      number,
      async stop() {
        stopping.abort()
        await serving
      },
    }
    this.#workers.push(worker)
    return worker
  }

  /** Nobody takes a job or settles one from now on. */
  async #calmDown(): Promise<void> {
    if (this.#workers.length > 0) await this.work()
  }

  /** The claims of `subscriptions` run out, and some process notices. */
  async expire(subscriptions: readonly Subscription[]): Promise<void> {
    await this.#calmDown()
    await this.#lose(subscriptions)
    await rawDatabase().execute(
      `update aldis_jobs.job set heartbeat_on = heartbeat_on - interval '1 minute'
       where state = 'active' and data ->> 'subscription' = any($1::text[])`,
      [subscriptions],
    )
    await em().execute('update aldis_jobs.queue set monitor_on = null, monitor_claim_on = null')
    await this.#other.supervise()
  }

  /** What waits for a time has waited. */
  async pass(): Promise<void> {
    await em().execute(
      `update aldis_jobs.job set start_after = aldis_jobs.job_now() - interval '1 second'
       where state in ('created', 'retry') and name <> 'aldis/parked'`,
    )
  }

  /** A process claims jobs of `subscription` and dies. */
  async kill(subscription: Subscription): Promise<void> {
    await this.#calmDown()
    const sharded = ['serial', 'strict', 'newest'].includes(subscription) ? '/shards' : ''
    const jobs = await this.#other.fetch(`subject/${subscription}${sharded}`, { batchSize: BATCH_SIZE })
    for (const { id } of jobs) this.#ghosts.add(id)
  }

  /** Receivers that hang go on. Workers of which none does any more stop. */
  async wake(calls: readonly Call[], how: 'returned' | 'failed'): Promise<void> {
    if (calls.length === 0) return
    this.witness.wake(calls, how)
    await this.#calmDown()
    await this.#stop(this.#workers.filter((worker) => !this.#hangsIn(worker)))
  }

  /** The oldest worker is stopped while its receivers hang: its jobs are given back. */
  async stopOldest(): Promise<void> {
    const [worker] = this.#workers
    if (worker === undefined) return
    await this.#calmDown()
    await this.#stop([worker])
  }

  async #stop(some: readonly Worker[]): Promise<void> {
    this.#workers = this.#workers.filter((worker) => !some.includes(worker))
    await Promise.all(some.map((worker) => worker.stop()))
    // One may have taken a job in the moment of its stop, and hang.
    const stopped = new Set(some.map(({ number }) => number))
    for (const call of this.witness.hanging) if (stopped.has(call.worker) && !call.lost) this.#rob(call)
  }

  /** The claim of `call` was given back, and those that were taken together with it. */
  #rob(call: Call): void {
    call.lost = true
    for (const other of this.witness.calls) {
      if (other.worker === call.worker && other.subscription === call.subscription) this.#fault(other)
    }
  }

  #fault(job: JobKey): void {
    this.faults.set(keyOf(job), (this.faults.get(keyOf(job)) ?? 0) + 1)
  }

  #hangsIn({ number }: Worker): boolean {
    return this.witness.hanging.some((call) => call.worker === number)
  }

  /** The claims of the calls of `subscriptions` that run are gone, and of what was claimed together with them. */
  async #lose(subscriptions: readonly Subscription[]): Promise<void> {
    const { rows } = await rawDatabase().execute(
      `select id::text as id, data ->> 'subscription' as subscription, data ->> 'eventId' as "eventId"
       from aldis_jobs.job where state = 'active' and data ->> 'subscription' = any($1::text[])`,
      [subscriptions],
    )
    for (const call of this.witness.calls) {
      if (call.state === 'open' && subscriptions.includes(call.subscription)) call.lost = true
    }
    // Whoever is dead has called nobody.
    for (const job of Claimed.parse(rows)) if (!this.#ghosts.delete(job.id)) this.#fault(job)
  }

  /**
   * Whether every job waits for a time or for a plugin, is settled, or is claimed together with one whose receiver hangs
   * or whose process is dead. False when another worker can do more at once: a shard goes on after a job of it was parked
   * when a worker looks for that.
   *
   * @throws Error when there is more to do
   */
  async #isDoneBy(worker: Worker): Promise<boolean> {
    const running = this.witness.calls.filter(({ state, lost }) => state === 'open' && !lost)
    const hanging = this.witness.hanging.filter(({ lost }) => !lost)
    const { rows } = await rawDatabase().execute(
      `with job as (
         select * from aldis_jobs.job where name <> 'aldis/parked' and state <= 'failed'
       ), stuck as (
         select name, started_on from job where state = 'active'
           and (id::text = any($1::text[]) or data ->> 'subscription' || ' ' || (data ->> 'eventId') = any($2::text[]))
       )
       select exists (
           select from job where state = 'active' and not exists (
             select from stuck where stuck.name = job.name and stuck.started_on = job.started_on)) as busy,
         exists (
           select from job where state < 'active' and start_after <= aldis_jobs.job_now()
             and (policy is distinct from 'key_strict_fifo' or not exists (
               select from job other where other.name = job.name and other.singleton_key = job.singleton_key
                 and other.id <> job.id and other.state in ('active', 'retry', 'failed')))) as due,
         exists (
           select from job where state = 'failed' and policy = 'key_strict_fifo'
             and data ->> 'subscription' <> 'strict') as held`,
      [[...this.#ghosts], hanging.map(keyOf)],
    )
    const { busy, due, held } = Jobs.parse(rows)[0]
    const waits = (due || held) && this.#enabled
    if (running.length > hanging.length || busy || (due && this.#enabled && !this.#hangsIn(worker))) {
      throw new Error('There are jobs that nobody delivers.')
    }
    return !waits
  }
}
