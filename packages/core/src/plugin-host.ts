import { installRuntime, type ReceiverFailure } from '@aldis/signals/host'

import { commitDelivery } from './commit-delivery.ts'
import type { Configuration } from './config.ts'
import { readConfig } from './config-reader.ts'
import { DeliveryRegistry } from './delivery-registry.ts'
import { ErrorSink } from './error-sink.ts'
import { Host, type HostOptions, type ServeOptions } from './host.ts'
import { HostRuntime, type RuntimeHost } from './host-runtime.ts'
import type { Interface } from './interface.ts'
import type { Command } from './interfaces/icommands.ts'
import type { LoadedPlugin } from './loaded-plugin.ts'
import type { LoaderHost } from './loader-host.ts'
import type { Logger } from './logger.ts'
import { PluginCatalog } from './plugin-catalog.ts'
import type { DiscoveryProblem } from './plugin-discovery.ts'
import {
  HostRunningError,
  HostServingError,
  HostStoppedError,
  PluginAlreadyLoadedError,
  PluginNotLoadedError,
  PluginRequiredError,
} from './plugin-errors.ts'
import type { PluginInfo } from './plugin-info.ts'
import { listPlugins } from './plugin-listing.ts'
import { PluginLoad, type LeftOut } from './plugin-load.ts'
import { PluginObservers } from './plugin-observers.ts'
import { removePlugin } from './plugin-removal.ts'
import { serveAll, type ServiceRun } from './plugin-services.ts'
import { startPlugins, type StarterHost } from './plugin-start.ts'
import { byPrecedence } from './precedence.ts'
import { Services } from './services.ts'
import type { SignalInfo } from './signal-info.ts'
import { listSignals } from './signal-listing.ts'
import type { BoundSubscription } from './subscription.ts'
import { didYouMean } from './suggestion.ts'
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
export class PluginHost implements Host, LoaderHost, RuntimeHost, StarterHost {
  config: Configuration
  readonly logger: Logger
  readonly catalog: PluginCatalog
  readonly services = new Services()
  readonly observers: PluginObservers
  readonly deliveries: DeliveryRegistry
  readonly loaded: LoadedPlugin[] = []
  readonly members = new Map<string, LoadedPlugin>()
  readonly loadTimeoutMs: number
  readonly freezePayloads: boolean
  readonly #options: HostOptions
  readonly #sink: ErrorSink
  readonly #claim: Disposable
  #leftOut: readonly LeftOut[] = []
  /** The listing, until something is loaded, unloaded or left out. */
  #plugins: readonly PluginInfo[] | undefined
  #started = false
  #serving: ServiceRun | undefined
  #stopping: Promise<void> | undefined
  readonly #halt = new AbortController()
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
    const commit = commitDelivery(
      () => this.services.find(TransactionProvider)?.current(),
      ({ signal, plugin, id, receiver }, error, awaited) =>
        this.#sink.report({ signal, plugin, subscription: id, error }, receiver, awaited),
    )
    this.deliveries = new DeliveryRegistry(commit, () => this.config.values.plugins)
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
    return (this.#plugins ??= listPlugins(this.loaded, this.#leftOut, this.catalog))
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
    const found = this.loaded.flatMap(({ name, instance }) =>
      type.implementedBy(instance) ? [{ name, plugin: instance }] : [],
    )
    return byPrecedence(found, this.config.values.plugins)
  }

  resolve<T>(token: Injectable<T>): T {
    return this.services.resolve(token)
  }

  // Loading

  async load(name?: string): Promise<void> {
    await this.#inTurn(async () => {
      if (name !== undefined) {
        if (this.members.has(name)) throw new PluginAlreadyLoadedError(name)
        await this.#load([name], 'load()', 'abort')
        this.logger.info({ plugin: name }, 'loaded')
        return
      }
      this.#warnOfIdleSettings()
      const names = this.config.values.plugins.filter((each) => !this.members.has(each))
      await this.#load(names, this.#listedIn, this.#policy)
    })
  }

  async unload(name: string): Promise<void> {
    await this.#inTurn(async () => {
      const plugin = this.#get(name)
      const requiredBy = this.#dependents(name).filter((each) => each !== plugin)
      if (requiredBy.length > 0) throw new PluginRequiredError(name, namesOf(requiredBy))
      await this.#unload(plugin)
      this.logger.info({ plugin: name }, 'unloaded')
    })
  }

  async reload(name: string): Promise<void> {
    await this.#inTurn(async () => {
      this.#get(name)
      const before = this.config
      const { values, origins } = await readConfig(this.#options)
      const names = await this.unloadWithDependents(name)
      this.config = { ...before, values: { ...before.values, settings: values.settings }, origins }
      try {
        await this.#load(names, 'reload()', 'abort')
      } catch (error) {
        this.config = before
        await this.#restore(names)
        throw error
      }
      this.logger.info({ plugins: names }, 'reloaded')
    })
  }

  /** Load `names` as they were. When even that fails it is logged: why the reload failed is what counts. */
  async #restore(names: readonly string[]): Promise<void> {
    try {
      await this.#load(names, 'reload()', 'abort')
    } catch (error) {
      this.logger.error({ err: error, plugins: names }, 'could not be loaded again as they were')
    }
  }

  async #load(names: readonly string[], where: string, policy: 'abort' | 'disable'): Promise<void> {
    const load = new PluginLoad(this, policy)
    const plugins = await load.run(names, where)
    this.#plugins = undefined
    this.#leaveOut(load.leftOut, new Set(names))
    if (this.#started) this.#leaveOut(await startPlugins(plugins, policy, this))
    const here = plugins.filter((plugin) => this.isLoaded(plugin))
    for (const plugin of here) this.#serving?.add(plugin, () => undefined)
    this.logger.debug({ plugins: namesOf(here) }, 'loaded')
  }

  /** Remember who was left out, in place of what is known of those and of `forget`. */
  #leaveOut(leftOut: readonly LeftOut[], forget: ReadonlySet<string> = new Set()): void {
    this.#plugins = undefined
    const now = new Set(leftOut.map(({ name }) => name))
    this.#leftOut = [...this.#leftOut.filter(({ name }) => !now.has(name) && !forget.has(name)), ...leftOut]
    for (const { name, error, phase } of leftOut) {
      this.logger.error({ err: error, plugin: name, phase }, 'the host goes on without a plugin')
    }
  }

  async #unload(plugin: LoadedPlugin): Promise<void> {
    const removal = removePlugin(this, plugin)
    this.#plugins = undefined
    for (const error of await removal) plugin.logger.error({ err: error }, 'while unloading')
  }

  async unloadWithDependents(name: string): Promise<readonly string[]> {
    const plugins = this.#dependents(name)
    for (const plugin of plugins.toReversed()) await this.#unload(plugin)
    return namesOf(plugins)
  }

  // Running

  async start(): Promise<void> {
    await this.#inTurn(() => this.#start())
  }

  async #start(): Promise<void> {
    this.#leaveOut(await startPlugins([...this.loaded], this.#policy, this))
    this.#started = true
  }

  async serve(signal: AbortSignal, options: ServeOptions = {}): Promise<void> {
    const run = await this.#inTurn(async () => {
      if (this.#serving !== undefined) throw new HostServingError()
      await this.#start()
      return (this.#serving = serveAll(this.loaded, signal, options))
    })
    try {
      await run.done()
    } finally {
      this.#serving = undefined
    }
  }

  stop(): Promise<void> {
    this.#serving?.stop()
    this.#halt.abort()
    return (this.#stopping ??= this.#turn.then(() => this.#close()))
  }

  async #close(): Promise<void> {
    this.#serving?.stop()
    try {
      for (const plugin of this.loaded.toReversed()) await this.#unload(plugin)
    } finally {
      this.#claim[Symbol.dispose]()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  // What the loader and the runtime ask

  get halt(): AbortSignal {
    return this.#halt.signal
  }

  isLoaded(plugin: LoadedPlugin): boolean {
    return this.members.get(plugin.name) === plugin
  }

  subscription(dispatchUid: string | undefined): BoundSubscription | undefined {
    if (dispatchUid === undefined) return undefined
    const plugin = this.members.get(dispatchUid.slice(0, dispatchUid.indexOf(':')))
    return plugin?.subscriptions.find((subscription) => subscription.dispatchUid === dispatchUid)
  }

  failed({ signal, receiver, dispatchUid, reason }: ReceiverFailure): void {
    const bound = this.subscription(dispatchUid)
    const subscription = bound?.id ?? dispatchUid ?? (receiver.name || 'anonymous')
    this.#sink.report({ signal, plugin: bound?.plugin, subscription, error: reason }, receiver)
  }

  /** Where the list of plugins is written. */
  get #listedIn(): string {
    const origin = this.config.origins.get('plugins')
    return origin?.startsWith('env ') ? origin : (this.config.path ?? 'the configuration')
  }

  get #policy(): 'abort' | 'disable' {
    return this.#options.onPluginFailure ?? this.config.values.onPluginFailure
  }

  #get(name: string): LoadedPlugin {
    const plugin = this.members.get(name)
    if (plugin === undefined) throw new PluginNotLoadedError(name, namesOf(this.loaded))
    return plugin
  }

  /** `name` and every loaded plugin that cannot be without it, directly or not, in load order. */
  #dependents(name: string): LoadedPlugin[] {
    const found = new Set([name])
    return this.loaded.filter((plugin) => {
      if (plugin.requirements.some((required) => found.has(required))) found.add(plugin.name)
      return found.has(plugin.name)
    })
  }

  /** Settings of plugins that are not there do nothing; a misspelt name would go unnoticed. */
  #warnOfIdleSettings(): void {
    const known = namesOf(this.catalog.packages)
    for (const name of Object.keys(this.config.values.settings)) {
      if (known.includes(name)) continue
      const at = this.config.origins.get(`settings.${name}`)
      this.logger.warn(
        { plugin: name, at },
        `settings of a plugin that is not there.${didYouMean(name, known)}`,
      )
    }
  }

  #inTurn<T>(body: () => Promise<T>): Promise<T> {
    if (this.#stopping) return Promise.reject(new HostStoppedError())
    const turn = this.#turn.then(body)
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}

const namesOf = (plugins: readonly { readonly name: string }[]): string[] => plugins.map(({ name }) => name)
