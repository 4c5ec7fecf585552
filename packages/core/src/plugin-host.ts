import { installRuntime, type ReceiverFailure } from '@aldis/signals/host'

import { commitDelivery } from './commit-delivery.ts'
import type { Configuration } from './config.ts'
import { readConfig } from './config-reader.ts'
import type { Delivery } from './delivery.ts'
import { ErrorSink } from './error-sink.ts'
import { Host, type HostOptions, type ServeOptions } from './host.ts'
import { HostRuntime, type RuntimeHost } from './host-runtime.ts'
import type { Interface } from './interface.ts'
import type { Command } from './interfaces/icommands.ts'
import { IStartable } from './interfaces/iservice.ts'
import type { LoadedPlugin } from './loaded-plugin.ts'
import type { Logger } from './logger.ts'
import { PluginCatalog } from './plugin-catalog.ts'
import type { DiscoveryProblem } from './plugin-discovery.ts'
import {
  HostRunningError,
  HostStoppedError,
  PluginAlreadyLoadedError,
  PluginFailedError,
  PluginLoadError,
  PluginNotLoadedError,
  PluginRequiredError,
  type LoadFailure,
} from './plugin-errors.ts'
import type { PluginInfo } from './plugin-info.ts'
import { listPlugins } from './plugin-listing.ts'
import { PluginLoad, removePlugin, type LeftOut, type LoaderHost } from './plugin-loader.ts'
import { PluginObservers } from './plugin-observers.ts'
import { serveAll, type ServiceRun } from './plugin-services.ts'
import { Services } from './services.ts'
import type { SignalInfo } from './signal-info.ts'
import { listSignals } from './signal-listing.ts'
import type { BoundSubscription } from './subscription.ts'
import type { Injectable } from './token.ts'
import { TransactionProvider } from './transaction.ts'

const DEFAULT_LOAD_TIMEOUT_MS = 10_000

/** Where a host logs that was given no logger: JSON lines on standard error. */
async function defaultLogger(): Promise<Logger> {
  const { pino } = await import('pino')
  const logger: Logger = pino({}, pino.destination({ dest: 2, sync: true }))
  return logger
}

/** The one implementation of {@link Host}. */
export class PluginHost implements Host, LoaderHost, RuntimeHost {
  config: Configuration
  readonly logger: Logger
  readonly catalog: PluginCatalog
  readonly services = new Services()
  readonly observers: PluginObservers
  readonly loaded: LoadedPlugin[] = []
  readonly deliveries = new Map<string, Delivery>()
  readonly subscriptions = new Map<string, BoundSubscription>()
  readonly loadTimeoutMs: number
  readonly freezePayloads: boolean
  readonly #options: HostOptions
  readonly #sink: ErrorSink
  readonly #claim: Disposable
  readonly #started = new Set<LoadedPlugin>()
  #leftOut: readonly LeftOut[] = []
  #serving: ServiceRun | undefined
  #starting = false
  #stopping: Promise<void> | undefined
  /** Loads, unloads and starts run one after another. */
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(options: HostOptions, config: Configuration, catalog: PluginCatalog, logger: Logger) {
    this.#options = options
    this.config = config
    this.catalog = catalog
    this.logger = logger
    this.loadTimeoutMs = options.loadTimeoutMs ?? DEFAULT_LOAD_TIMEOUT_MS
    this.freezePayloads = options.freezePayloads ?? false
    this.observers = new PluginObservers(this.loadTimeoutMs)
    this.#sink = new ErrorSink(logger, options.onReceiverError)
    const transaction = () => this.services.find(TransactionProvider)?.current()
    const commit = commitDelivery(transaction, ({ signal, plugin, id, receiver }, error) =>
      this.#sink.report({ signal, plugin, subscription: id, error }, receiver),
    )
    this.deliveries.set(commit.name, commit)
    this.services.provide('core', Host, () => this)
    const claim = installRuntime(new HostRuntime(this))
    if (claim === undefined) throw new HostRunningError()
    this.#claim = claim
  }

  static async create(options: HostOptions): Promise<Host> {
    const config = await readConfig(options)
    const catalog = await PluginCatalog.read(config, options.plugins ?? [])
    return new PluginHost(options, config, catalog, options.logger ?? (await defaultLogger()))
  }

  get plugins(): readonly PluginInfo[] {
    return listPlugins(this.loaded, this.#leftOut, this.catalog)
  }

  get problems(): readonly DiscoveryProblem[] {
    return this.catalog.problems
  }

  get signals(): readonly SignalInfo[] {
    return listSignals(this.loaded, (dispatchUid) => this.subscription(dispatchUid))
  }

  get commands(): readonly Command[] {
    return this.loaded.flatMap((plugin) => plugin.commands)
  }

  implementations<T>(type: Interface<T>): { readonly name: string; readonly plugin: T }[] {
    const listed = this.config.values.plugins
    const rank = (name: string): number => (listed.includes(name) ? listed.indexOf(name) : listed.length)
    return this.loaded
      .flatMap(({ name, instance }) => (type.implementedBy(instance) ? [{ name, plugin: instance }] : []))
      .sort((a, b) => rank(a.name) - rank(b.name))
  }

  resolve<T>(token: Injectable<T>): T {
    return this.services.resolve(token)
  }

  // Loading

  async load(name?: string): Promise<void> {
    await this.#inTurn(async () => {
      if (name === undefined) {
        const policy = this.#options.onPluginFailure ?? this.config.values.onPluginFailure
        const loaded = new Set(this.loaded.map((each) => each.name))
        const names = this.config.values.plugins.filter((each) => !loaded.has(each))
        await this.#load(names, this.config.path ?? 'the configuration', policy)
      } else {
        if (this.#find(name)) throw new PluginAlreadyLoadedError(name)
        await this.#load([name], 'load()', 'abort')
      }
    })
  }

  async unload(name: string): Promise<void> {
    await this.#inTurn(async () => {
      const plugin = this.#get(name)
      const requiredBy = this.#dependents([name]).filter((each) => each !== name)
      if (requiredBy.length > 0) throw new PluginRequiredError(name, requiredBy)
      await this.#unload(plugin)
    })
  }

  async reload(name: string): Promise<void> {
    await this.#inTurn(async () => {
      this.#get(name)
      const names = this.#dependents([name])
      const before = this.config
      const after = await readConfig(this.#options)
      for (const each of names.toReversed()) await this.#unload(this.#get(each))
      this.config = { ...after, values: { ...before.values, settings: after.values.settings } }
      try {
        await this.#load(names, 'reload()', 'abort')
      } catch (error) {
        this.config = before
        await this.#load(names, 'reload()', 'abort')
        throw error
      }
    })
  }

  async #load(names: readonly string[], where: string, policy: 'abort' | 'disable'): Promise<void> {
    const load = new PluginLoad(this, policy)
    await load.run(names, where)
    const gone = new Set([...names, ...load.leftOut.map((each) => each.name)])
    this.#leftOut = [...this.#leftOut.filter((each) => !gone.has(each.name)), ...load.leftOut]
    for (const { name, error, phase } of load.leftOut) {
      this.logger.error({ err: error, plugin: name, phase }, 'the host goes on without a plugin')
    }
    if (this.#starting) await this.#start(policy)
    const asked = new Set(names)
    for (const plugin of this.#serving ? this.loaded : []) {
      if (asked.has(plugin.name)) this.#serving?.add(plugin, () => undefined)
    }
  }

  async #unload(plugin: LoadedPlugin): Promise<void> {
    this.#started.delete(plugin)
    for (const error of await removePlugin(this, plugin)) {
      plugin.logger.error({ err: error }, 'while unloading')
    }
  }

  // Running

  async start(): Promise<void> {
    await this.#inTurn(async () => {
      this.#starting = true
      await this.#start(this.#options.onPluginFailure ?? this.config.values.onPluginFailure)
    })
  }

  async #start(policy: 'abort' | 'disable'): Promise<void> {
    for (const plugin of [...this.loaded]) {
      if (this.#started.has(plugin) || !this.loaded.includes(plugin)) continue
      this.#started.add(plugin)
      try {
        if (IStartable.implementedBy(plugin.instance)) await plugin.instance.start()
      } catch (cause) {
        const { name } = plugin
        const error =
          cause instanceof Error && 'code' in cause ? cause : new PluginFailedError(name, 'start()', cause)
        const failure: LoadFailure = { plugin: name, phase: 'start', error }
        for (const each of this.#dependents([name]).toReversed()) await this.#unload(this.#get(each))
        if (policy === 'abort') throw new PluginLoadError(failure, [failure])
        this.#leftOut = [...this.#leftOut, { name, state: 'failed', error, phase: 'start' }]
        this.logger.error({ err: error, plugin: name }, 'the host goes on without a plugin')
      }
    }
  }

  async serve(signal: AbortSignal, options: ServeOptions = {}): Promise<void> {
    await this.start()
    const run = serveAll(this.loaded, signal, options)
    this.#serving = run
    try {
      await run.done()
    } finally {
      this.#serving = undefined
    }
  }

  stop(): Promise<void> {
    this.#serving?.stop()
    return (this.#stopping ??= this.#turn.then(async () => {
      for (const plugin of this.loaded.toReversed()) await this.#unload(plugin)
      this.#claim[Symbol.dispose]()
    }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  // What the loader and the runtime ask

  settings(plugin: string): Readonly<Record<string, unknown>> {
    return this.config.values.settings[plugin] ?? {}
  }

  origins(): ReadonlyMap<string, string> {
    return this.config.origins
  }

  subscription(dispatchUid: string | undefined): BoundSubscription | undefined {
    return dispatchUid === undefined ? undefined : this.subscriptions.get(dispatchUid)
  }

  failed({ signal, receiver, dispatchUid, reason }: ReceiverFailure): void {
    const bound = this.subscription(dispatchUid)
    const subscription = bound?.id ?? dispatchUid ?? (receiver.name || 'anonymous')
    this.#sink.report({ signal, plugin: bound?.plugin, subscription, error: reason }, receiver)
  }

  #find(name: string): LoadedPlugin | undefined {
    return this.loaded.find((plugin) => plugin.name === name)
  }

  #get(name: string): LoadedPlugin {
    const plugin = this.#find(name)
    if (plugin === undefined) {
      throw new PluginNotLoadedError(
        name,
        this.loaded.map((each) => each.name),
      )
    }
    return plugin
  }

  /** `names` and every loaded plugin that requires one of them, directly or not, in load order. */
  #dependents(names: readonly string[]): string[] {
    const found = new Set(names)
    for (const { name, package: pack } of this.loaded) {
      if (Object.keys(pack.requires).some((required) => found.has(required))) found.add(name)
    }
    return this.loaded.map(({ name }) => name).filter((name) => found.has(name))
  }

  #inTurn<T>(body: () => Promise<T>): Promise<T> {
    if (this.#stopping) return Promise.reject(new HostStoppedError())
    const turn = this.#turn.then(body)
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}
