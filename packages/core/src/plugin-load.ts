import { performance } from 'node:perf_hooks'

import { AldisError } from './aldis-error.ts'
import { CORE_VERSION } from './core-version.ts'
import { LoadedPlugin } from './loaded-plugin.ts'
import type { LoaderHost } from './loader-host.ts'
import { orderPlugins } from './load-order.ts'
import type { CatalogEntry } from './plugin-catalog.ts'
import { askForSubscriptions, collect } from './plugin-collection.ts'
import { constructPlugin } from './plugin-construction.ts'
import {
  PluginDuplicateError,
  PluginFailedError,
  PluginLoadError,
  PluginRequirementError,
  type LoadFailure,
  type LoadPhase,
} from './plugin-errors.ts'
import { removePlugin } from './plugin-removal.ts'

/** A plugin on its way through the phases. */
interface Candidate {
  readonly name: string
  readonly entry: CatalogEntry
  /** The class or object, once imported. */
  type: object | undefined
  /** Once constructed. */
  plugin: LoadedPlugin | undefined
  importMs: number
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
  #candidates: readonly Candidate[] = []

  constructor(host: LoaderHost, policy: 'abort' | 'disable') {
    this.#host = host
    this.#policy = policy
  }

  /**
   * Load the plugins `names`, which stand in `where`, and return them in load order.
   *
   * @throws PluginLoadError with all that failed in the first phase that had failures, under `abort`
   */
  async run(names: readonly string[], where: string): Promise<LoadedPlugin[]> {
    const host = this.#host
    await this.#resolve(names, where)
    await this.#import()
    await this.#phase('construct', (candidate) => this.#construct(candidate))
    await this.#phase('collect', ({ plugin }) => plugin && collect(plugin, host))
    await this.#phase('check', ({ plugin }) => plugin && askForSubscriptions(plugin, host))
    await this.#orderByDeliveries()
    await this.#phase('observe', ({ plugin }) => plugin && host.observers.loaded(plugin))
    await this.#phase('bind', ({ plugin }) => plugin?.bind())
    const plugins: LoadedPlugin[] = []
    for (const { plugin } of this.#candidates) if (plugin) plugins.push(plugin)
    host.loaded.push(...plugins)
    return plugins
  }

  /** Find the plugins and put them in order: all that can be told without running their code. */
  async #resolve(names: readonly string[], where: string): Promise<void> {
    const failures = new Map<string, Error>()
    const candidates = new Map<string, Candidate>()
    for (const name of names) {
      try {
        if (candidates.has(name)) throw new PluginDuplicateError(name, `is enabled twice in ${where}.`)
        const entry = this.#host.catalog.get(name, where)
        candidates.set(name, { name, entry, type: undefined, plugin: undefined, importMs: 0 })
      } catch (error) {
        failures.set(name, toError(name, 'its search', error))
      }
    }
    this.#candidates = [...candidates.values()]
    for (const [name, error] of this.#order(candidates, failures)) failures.set(name, error)
    await this.#settle('resolve', failuresOf('resolve', failures))
  }

  async #import(): Promise<void> {
    const failures = new Map<string, Error>()
    const imports: Promise<void>[] = []
    for (const candidate of this.#candidates) {
      const imported = candidate.entry.import(this.#host.loadTimeoutMs)
      if (imported instanceof Promise) imports.push(take(candidate, imported, failures))
      else candidate.type = imported
    }
    await Promise.all(imports)
    await this.#settle('resolve', failuresOf('resolve', failures))
  }

  /** Put the candidates in order; returned are those that have no place in it, and why. */
  #order(
    candidates: ReadonlyMap<string, Candidate>,
    failed: ReadonlyMap<string, Error>,
  ): ReadonlyMap<string, Error> {
    const { members, catalog } = this.#host
    const packages = this.#candidates.map(({ entry, plugin }) =>
      plugin && plugin.providers.length > 0
        ? { ...entry.package, after: [...entry.package.after, ...plugin.providers] }
        : entry.package,
    )
    const { order, failures } = orderPlugins(packages, {
      versionOf: (name) =>
        name === 'core'
          ? CORE_VERSION
          : (candidates.get(name)?.entry.package.version ?? members.get(name)?.package.version),
      hasFailed: (name) => failed.has(name),
      reasonOfAbsence: (name) => (catalog.has(name) ? 'is not enabled' : 'is not there'),
    })
    if (order !== packages) this.#candidates = order.flatMap(({ name }) => candidates.get(name) ?? [])
    return failures
  }

  /** Order the candidates anew where some use deliveries of others: a delivery starts before, and stops after, who uses it. */
  async #orderByDeliveries(): Promise<void> {
    if (!this.#candidates.some(({ plugin }) => plugin && plugin.providers.length > 0)) return
    const before = this.#candidates
    const unordered = this.#order(new Map(before.map((candidate) => [candidate.name, candidate])), new Map())
    this.#candidates = [...this.#candidates, ...before.filter(({ name }) => unordered.has(name))]
    await this.#settle('check', failuresOf('check', unordered))
  }

  /** Run `step` for every candidate in load order, then see to those that failed. */
  async #phase(phase: LoadPhase, step: (candidate: Candidate) => unknown): Promise<void> {
    const failures: LoadFailure[] = []
    const failed = new Set<string>()
    for (const candidate of this.#candidates) {
      const { name } = candidate
      // What requires a plugin that has just failed is seen to with it.
      if (failed.size > 0 && requirementsOf(candidate).some((required) => failed.has(required))) {
        failed.add(name)
        continue
      }
      try {
        const stepped = step(candidate)
        if (stepped instanceof Promise) await stepped
      } catch (error) {
        failed.add(name)
        failures.push({ plugin: name, phase, error: toError(name, `the step "${phase}"`, error) })
        this.#withdraw(candidate)
      }
    }
    await this.#settle(phase, failures)
  }

  /** What a plugin that failed had claimed is free for those after it. */
  #withdraw({ name, plugin }: Candidate): void {
    this.#host.services.withdraw(name)
    this.#host.deliveries.withdraw(name)
    if (plugin) plugin.commands = []
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
      for (const candidate of this.#candidates) {
        const { name } = candidate
        const missing = requirementsOf(candidate).find((required) => gone.has(required))
        if (missing === undefined || gone.has(name)) continue
        const error = new PluginRequirementError(name, missing, 'could not be loaded')
        gone.set(name, { name, state: 'skipped', error, phase })
      }
    }
    this.leftOut.push(...gone.values())
    const out = this.#candidates.filter(({ name }) => gone.has(name))
    this.#candidates = this.#candidates.filter(({ name }) => !gone.has(name))
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
    const { logger, freezePayloads, members, services, config } = this.#host
    const start = performance.now()
    const plugin = new LoadedPlugin(entry.package, logger, freezePayloads)
    candidate.plugin = plugin
    members.set(plugin.name, plugin)
    constructPlugin(plugin, type, services, config.values.settings[plugin.name], config.origins)
    plugin.loadMs = candidate.importMs + performance.now() - start
  }
}

/** Wait for the import of `candidate`. */
async function take(
  candidate: Candidate,
  imported: Promise<object>,
  failures: Map<string, Error>,
): Promise<void> {
  const start = performance.now()
  try {
    candidate.type = await imported
    candidate.importMs = performance.now() - start
  } catch (error) {
    failures.set(candidate.name, toError(candidate.name, 'its import', error))
  }
}

function failuresOf(phase: LoadPhase, errors: ReadonlyMap<string, Error>): LoadFailure[] {
  return [...errors].map(([plugin, error]) => ({ plugin, phase, error }))
}

function requirementsOf({ plugin, entry }: Candidate): readonly string[] {
  return plugin?.requirements ?? Object.keys(entry.package.requires)
}

function toError(plugin: string, doing: string, error: unknown): Error {
  return error instanceof AldisError ? error : new PluginFailedError(plugin, doing, error)
}
