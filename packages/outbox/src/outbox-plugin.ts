import { once } from 'node:events'

import {
  Host,
  PluginContext,
  settingsOf,
  TransactionProvider,
  type Command,
  type Delivery,
  type ICommands,
  type IDeliveries,
  type Injected,
  type IPluginObserver,
  type IService,
  type IStartable,
  type ObservedPlugin,
} from '@aldis/core'
import { em, SchemaOlderError, type IModels, type PluginModels } from '@aldis/models'

import { bossSchema } from './boss-schema.ts'
import { outboxCommands } from './commands/outbox-commands.ts'
import { durableDelivery } from './durable-delivery.ts'
import { JobQueries } from './job-queries.ts'
import { JobStore } from './job-store.ts'
import { Outbox } from './outbox.ts'
import { OutboxClosedError } from './outbox-errors.ts'
import { OutboxOperations } from './outbox-operations.ts'
import { OutboxWorker } from './outbox-worker.ts'
import { migrations, Quarantine } from './quarantine.ts'
import { ParkedJobs } from './parked-jobs.ts'
import { PausedShards } from './paused-shards.ts'
import { ownerOf, queueOf, shardedQueueOf } from './queue-name.ts'
import { Settings } from './settings.ts'
import type { StoredEvent } from './stored-event.ts'
import { Subscriptions, type DurableSubscription } from './subscriptions.ts'
import { Telemetry } from './telemetry.ts'
import { tombstoneMigrations } from './tombstones.ts'
import { TransactionBuffer } from './transaction-buffer.ts'
import { workerCommand } from './worker-command.ts'

/** How often a process shows which receivers it has. */
const CLAIM_MS = 60_000

/** Durable delivery as a plugin: events are stored with their transaction, and delivered while a process serves. */
export default class OutboxPlugin
  implements IDeliveries, IModels, IStartable, IService, ICommands, IPluginObserver
{
  static readonly settings = Settings
  static readonly inject = [PluginContext, settingsOf(Settings), Host, TransactionProvider] as const

  readonly #context: PluginContext
  readonly #settings: Settings
  readonly #host: Host
  readonly #transactions: TransactionProvider
  readonly #telemetry = new Telemetry()
  readonly #subscriptions = new Subscriptions()
  readonly #store: JobStore
  readonly #quarantine: Quarantine
  readonly #queries: JobQueries
  readonly #parked: ParkedJobs
  readonly #pausedShards: PausedShards
  #open = false
  #worker: OutboxWorker | undefined
  #made: OutboxOperations | undefined

  constructor(...[context, settings, host, transactions]: Injected<typeof OutboxPlugin.inject>) {
    this.#context = context
    this.#settings = settings
    this.#host = host
    this.#transactions = transactions
    this.#store = new JobStore(
      settings,
      () => transactions.current() !== undefined,
      (queue) => {
        const owner = ownerOf(queue)
        return owner && this.#subscriptions.get(owner)
      },
    )
    this.#quarantine = new Quarantine(this.#store)
    this.#queries = new JobQueries(this.#store)
    this.#parked = new ParkedJobs(this.#store)
    this.#pausedShards = new PausedShards(settings.pausedShards)
    context.provide(Outbox, () => this.#operations())
  }

  getModels(): PluginModels {
    return { entities: [], migrations: [...migrations, ...tombstoneMigrations], libraries: [bossSchema] }
  }

  getDeliveries(): readonly Delivery[] {
    const current = this.#transactions
    const write = (events: readonly StoredEvent[]): Promise<void> => this.#store.write(events)
    return [
      durableDelivery({
        transactions: current,
        buffer: new TransactionBuffer(() => current.current(), write),
        telemetry: this.#telemetry,
        subscriptions: this.#subscriptions,
      }),
    ]
  }

  getCommands(): readonly Command[] {
    const worker = workerCommand((signal) => this.#deliver(signal, () => undefined))
    return [worker, ...outboxCommands(() => this.#operations())]
  }

  /** Make the queues. A database that is older than the code is left as it is, so that it can be upgraded. */
  async start(): Promise<void> {
    try {
      em()
    } catch (error) {
      if (error instanceof SchemaOlderError) return
      throw error
    }
    this.#open = true
    this.#context.resources.defer(() => void (this.#open = false))
    await this.#takeOver(this.#subscriptions)
    await this.#store.releaseOrphans()
    const timer = setInterval(() => {
      this.#claim(this.#subscriptions).catch((err: unknown) => {
        this.#context.logger.warn({ err }, 'the outbox could not show which receivers this process has')
      })
    }, CLAIM_MS)
    this.#context.resources.defer(() => clearInterval(timer))
  }

  /** @throws OutboxClosedError when the database is older than the code */
  async serve(signal: AbortSignal, ready: () => void): Promise<void> {
    if (this.#settings.work) return this.#deliver(signal, ready)
    ready()
    if (!signal.aborted) await once(signal, 'abort')
  }

  beforeLoad(): void {}

  /** A plugin that comes later has its queues before its first send. */
  async afterLoad({ name }: ObservedPlugin): Promise<void> {
    if (!this.#open) return
    await this.#takeOver([...this.#subscriptions].filter(({ plugin }) => plugin === name))
  }

  /** Its receivers are disconnected: no more of its jobs are taken. */
  async beforeUnload({ name }: ObservedPlugin): Promise<void> {
    this.#subscriptions.forget(name)
    await this.#worker?.look()
  }

  afterUnload({ name }: ObservedPlugin): void {
    this.#subscriptions.forget(name)
    this.#store.forget(name)
  }

  async #takeOver(subscriptions: Iterable<DurableSubscription>): Promise<void> {
    await this.#store.prepare(subscriptions)
    await this.#claim(subscriptions)
  }

  /** Processes with other code do not park the jobs of receivers that this one has, whether or not it delivers. */
  #claim(subscriptions: Iterable<DurableSubscription>): Promise<void> {
    return this.#store.claimQueues(
      [...subscriptions].flatMap((each) => [queueOf(each), shardedQueueOf(each)]),
    )
  }

  /** Deliver until `signal` is aborted. */
  async #deliver(signal: AbortSignal, ready: () => void): Promise<void> {
    this.#refuseClosed()
    const worker = await this.#startWorker()
    this.#worker = worker
    using _depth = this.#telemetry.observeDepth(() =>
      this.#operations()
        .stats()
        .then(({ receivers }) => receivers),
    )
    try {
      ready()
      if (!signal.aborted) await once(signal, 'abort')
    } finally {
      if (this.#worker === worker) this.#worker = undefined
      await worker.stop()
    }
  }

  #startWorker(): Promise<OutboxWorker> {
    return OutboxWorker.start({
      settings: this.#settings,
      host: this.#host,
      logger: this.#context.logger,
      store: this.#store,
      quarantine: this.#quarantine,
      parked: this.#parked,
      pausedShards: this.#pausedShards,
      subscriptions: this.#subscriptions,
      telemetry: this.#telemetry,
    })
  }

  #refuseClosed(): void {
    if (!this.#open) throw new OutboxClosedError()
  }

  #operations(): OutboxOperations {
    return (this.#made ??= new OutboxOperations({
      host: this.#host,
      store: this.#store,
      queries: this.#queries,
      parked: this.#parked,
      pausedShards: this.#pausedShards,
      quarantine: this.#quarantine,
      subscriptions: this.#subscriptions,
      refuseClosed: () => this.#refuseClosed(),
      worker: () => this.#worker,
      startWorker: () => this.#startWorker(),
    }))
  }
}
