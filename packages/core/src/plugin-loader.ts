import { performance } from 'node:perf_hooks'

import { AldisError } from './aldis-error.ts'
import { CORE_VERSION } from './core-version.ts'
import type { Delivery } from './delivery.ts'
import { interfacesOf } from './interface.ts'
import { ICommands } from './interfaces/icommands.ts'
import { IDeliveries } from './interfaces/ideliveries.ts'
import { ISignal } from './interfaces/isignal.ts'
import { LoadedPlugin } from './loaded-plugin.ts'
import { orderPlugins } from './load-order.ts'
import type { Logger } from './logger.ts'
import type { CatalogEntry, PluginCatalog } from './plugin-catalog.ts'
import { constructPlugin } from './plugin-construction.ts'
import {
  PluginConflictError,
  PluginDuplicateError,
  PluginFailedError,
  PluginLoadError,
  PluginRequirementError,
  type LoadFailure,
  type LoadPhase,
} from './plugin-errors.ts'
import type { PluginObservers } from './plugin-observers.ts'
import type { Services } from './services.ts'
import type { BoundSubscription } from './subscription.ts'
import { checkSubscriptions } from './subscription-check.ts'

/** What the loader works on; the host's own state. */
export interface LoaderHost {
  readonly catalog: PluginCatalog
  readonly services: Services
  readonly observers: PluginObservers
  /** Loaded plugins in load order. */
  readonly loaded: LoadedPlugin[]
  /** Every delivery but `inline`. */
  readonly deliveries: Map<string, Delivery>
  /** Connected subscriptions by their dispatchUid. */
  readonly subscriptions: Map<string, BoundSubscription>
  readonly logger: Logger
  readonly loadTimeoutMs: number
  readonly freezePayloads: boolean
  settings(plugin: string): Readonly<Record<string, unknown>>
  origins(): ReadonlyMap<string, string>
}

/** A plugin on its way through the phases. */
interface Candidate {
  readonly entry: CatalogEntry
  /** The class or object, once imported. */
  type: object | undefined
  /** Once constructed. */
  plugin: LoadedPlugin | undefined
}

/** What a plugin that is left out is shown as. */
export interface LeftOut {
  readonly name: string
  readonly state: 'failed' | 'skipped'
  readonly error: Error
  readonly phase: LoadPhase
}

/**
 * Loads plugins as one transaction, phase by phase over all of them: resolve,
 * construct, collect, check, observe, bind. With the policy `abort`, what fails in a
 * phase undoes all; with `disable`, it is left out with whatever requires it.
 */
export class PluginLoad {
  readonly leftOut: LeftOut[] = []
  readonly #host: LoaderHost
  readonly #policy: 'abort' | 'disable'
  #candidates: Candidate[] = []

  constructor(host: LoaderHost, policy: 'abort' | 'disable') {
    this.#host = host
    this.#policy = policy
  }

  /**
   * Load the plugins `names`, which stand in `where`.
   *
   * @throws PluginLoadError with all that failed in the first phase that had failures, under `abort`
   */
  async run(names: readonly string[], where: string): Promise<void> {
    await this.#resolve(names, where)
    await this.#phase('construct', (candidate) => this.#construct(candidate))
    await this.#phase('collect', ({ plugin }) => plugin && this.#collect(plugin))
    await this.#phase('check', ({ plugin }) => plugin && this.#check(plugin))
    await this.#phase('observe', ({ plugin }) => plugin && this.#host.observers.loaded(plugin))
    await this.#phase('bind', ({ plugin }) => plugin?.bind(this.#host.subscriptions))
    for (const { plugin } of this.#candidates) if (plugin) this.#host.loaded.push(plugin)
  }

  async #resolve(names: readonly string[], where: string): Promise<void> {
    const { catalog, loaded, loadTimeoutMs } = this.#host
    const failures: LoadFailure[] = []
    const fail = (plugin: string, error: unknown): void => {
      failures.push({ plugin, phase: 'resolve', error: toError(plugin, 'its import', error) })
    }
    const entries = new Map<string, CatalogEntry>()
    for (const name of names) {
      try {
        if (entries.has(name)) throw new PluginDuplicateError(name, `is enabled twice in ${where}.`)
        entries.set(name, catalog.get(name, where))
      } catch (error) {
        fail(name, error)
      }
    }
    const packages = [...entries.values()].map((entry) => entry.package)
    const versions = new Map([
      ['core', CORE_VERSION],
      ...[...loaded.map((plugin) => plugin.package), ...packages].map(
        (each) => [each.name, each.version] as const,
      ),
    ])
    const { order, failures: unordered } = orderPlugins(packages, versions, (name) =>
      catalog.has(name) ? 'is not enabled' : 'is not there',
    )
    for (const [name, error] of unordered) fail(name, error)
    const candidates = order.flatMap(({ name }) => {
      const entry = entries.get(name)
      return entry ? [{ entry, type: undefined, plugin: undefined }] : []
    })
    this.#candidates = candidates
    await Promise.all(
      candidates.map(async (candidate: Candidate) => {
        try {
          const imported = candidate.entry.import(loadTimeoutMs)
          candidate.type = imported instanceof Promise ? await imported : imported
        } catch (error) {
          fail(candidate.entry.package.name, error)
        }
      }),
    )
    await this.#settle('resolve', failures)
  }

  /** Run `step` for every candidate in load order, then see to those that failed. */
  async #phase(phase: LoadPhase, step: (candidate: Candidate) => unknown): Promise<void> {
    const failures: LoadFailure[] = []
    const failed = new Set<string>()
    for (const candidate of this.#candidates) {
      const { name, requires } = candidate.entry.package
      // What requires a plugin that has just failed is seen to with it.
      if (failed.size > 0 && Object.keys(requires).some((required) => failed.has(required))) failed.add(name)
      else {
        try {
          const stepped = step(candidate)
          if (stepped instanceof Promise) await stepped
        } catch (error) {
          failed.add(name)
          failures.push({ plugin: name, phase, error: toError(name, `the step "${phase}"`, error) })
        }
      }
    }
    await this.#settle(phase, failures)
  }

  /** Undo all (`abort`), or what failed and what requires it (`disable`). */
  async #settle(phase: LoadPhase, failures: readonly LoadFailure[]): Promise<void> {
    const [first] = failures
    if (first === undefined) return
    if (this.#policy === 'abort') {
      await this.#undo(this.#candidates)
      throw new PluginLoadError(first, failures)
    }
    const gone = new Map<string, LeftOut>()
    for (const { plugin: name, error } of failures) gone.set(name, { name, state: 'failed', error, phase })
    for (let before = -1; before !== gone.size;) {
      before = gone.size
      for (const { entry } of this.#candidates) {
        const { name, requires } = entry.package
        const missing = Object.keys(requires).find((required) => gone.has(required))
        if (missing === undefined || gone.has(name)) continue
        const error = new PluginRequirementError(name, missing, 'could not be loaded')
        gone.set(name, { name, state: 'skipped', error, phase })
      }
    }
    this.leftOut.push(...gone.values())
    const out = this.#candidates.filter(({ entry }) => gone.has(entry.package.name))
    this.#candidates = this.#candidates.filter(({ entry }) => !gone.has(entry.package.name))
    await this.#undo(out)
  }

  /** Undo what was done for `candidates`, last first. What fails meanwhile is logged: the first error is what counts. */
  async #undo(candidates: readonly Candidate[]): Promise<void> {
    for (const { plugin } of candidates.toReversed()) {
      if (plugin === undefined) continue
      for (const error of await removePlugin(this.#host, plugin)) {
        plugin.logger.error({ err: error }, 'while undoing the load')
      }
    }
  }

  #construct(candidate: Candidate): void {
    const { entry, type } = candidate
    if (type === undefined) return
    const start = performance.now()
    const plugin = new LoadedPlugin(entry.package, this.#host.logger, this.#host.freezePayloads)
    candidate.plugin = plugin
    const { services } = this.#host
    const settings = this.#host.settings(plugin.name)
    constructPlugin(plugin, type, services, settings, this.#host.origins())
    plugin.loadMs = performance.now() - start
  }

  #collect(plugin: LoadedPlugin): void {
    const { instance, name } = plugin
    plugin.interfaces = interfacesOf(instance)
    if (ICommands.implementedBy(instance)) {
      for (const command of instance.getCommands()) {
        const other = this.#others(plugin).find((each) =>
          each.commands.some((known) => known.name === command.name),
        )
        if (other) throw new PluginConflictError(`The command "${command.name}"`, other.name, name)
        plugin.commands = [...plugin.commands, command]
      }
    }
    if (IDeliveries.implementedBy(instance)) {
      for (const delivery of instance.getDeliveries()) {
        if (this.#host.deliveries.has(delivery.name) || delivery.name === 'inline') {
          const other = this.#others(plugin).find((each) =>
            each.deliveries.some((known) => known.name === delivery.name),
          )
          throw new PluginConflictError(`The delivery "${delivery.name}"`, other?.name ?? 'core', name)
        }
        plugin.deliveries = [...plugin.deliveries, delivery]
        this.#host.deliveries.set(delivery.name, delivery)
      }
    }
  }

  /** The plugins that are loaded, or are being loaded with `plugin`. */
  #others(plugin: LoadedPlugin): LoadedPlugin[] {
    const loading = this.#candidates.flatMap((candidate) => candidate.plugin ?? [])
    return [...this.#host.loaded, ...loading].filter((other) => other !== plugin)
  }

  #check(plugin: LoadedPlugin): void {
    if (!ISignal.implementedBy(plugin.instance)) return
    const returned = plugin.instance.getSignalSubscriptions()
    plugin.subscriptions = checkSubscriptions(plugin, returned, this.#host.deliveries)
  }
}

/** Undo everything that was done for `plugin`, and return what went wrong meanwhile. */
export async function removePlugin(host: LoaderHost, plugin: LoadedPlugin): Promise<Error[]> {
  const { services, observers, deliveries, loaded, loadTimeoutMs } = host
  const errors: Error[] = []
  const at = loaded.lastIndexOf(plugin)
  if (at !== -1) loaded.splice(at, 1)
  plugin.unbind()
  errors.push(...(await observers.beforeUnload(plugin)))
  try {
    await plugin.dispose(loadTimeoutMs)
  } catch (error) {
    errors.push(new PluginFailedError(plugin.name, 'closing its resources', error))
  }
  services.withdraw(plugin.name)
  for (const { name } of plugin.deliveries) deliveries.delete(name)
  errors.push(...(await observers.afterUnload(plugin)))
  return errors
}

function toError(plugin: string, doing: string, error: unknown): Error {
  return error instanceof AldisError ? error : new PluginFailedError(plugin, doing, error)
}
