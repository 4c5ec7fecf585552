import { withDeadline } from './deadline.ts'
import { IPluginObserver, type ObservedPlugin } from './interfaces/iplugin-observer.ts'
import type { LoadedPlugin } from './loaded-plugin.ts'
import { PluginFailedError, PluginTimeoutError } from './plugin-errors.ts'
import { isThenable } from './thenable.ts'

type Moment = keyof IPluginObserver

/** The plugins that observe, in load order, and what they are told of the others. */
export class PluginObservers {
  readonly #timeoutMs: number
  readonly #observers: LoadedPlugin[] = []

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /**
   * Tell that `plugin` is loaded: the observers before and after, itself after. From
   * then on it hears of others. The first failure is thrown, and nobody is told any more.
   */
  loaded(plugin: LoadedPlugin): void | Promise<void> {
    if (this.#observers.length > 0 || IPluginObserver.implementedBy(plugin.instance))
      return this.#loaded(plugin)
    plugin.observed = true
  }

  async #loaded(plugin: LoadedPlugin): Promise<void> {
    for (const observer of this.#observers) await this.#tell(observer, 'beforeLoad', plugin)
    // Who hears that it is there will hear that it goes, also when another observer stops the load.
    plugin.observed = true
    for (const observer of this.#observers) await this.#tell(observer, 'afterLoad', plugin)
    if (IPluginObserver.implementedBy(plugin.instance)) {
      await this.#tell(plugin, 'afterLoad', plugin)
      this.#observers.push(plugin)
    }
  }

  /** Tell the others that `plugin` is about to go; every failure is returned. It hears of nothing more itself. */
  async beforeUnload(plugin: LoadedPlugin): Promise<Error[]> {
    const at = this.#observers.indexOf(plugin)
    if (at !== -1) this.#observers.splice(at, 1)
    return this.#tellAll('beforeUnload', plugin)
  }

  /** Tell the others that `plugin` is gone; every failure is returned. */
  afterUnload(plugin: LoadedPlugin): Promise<Error[]> {
    return this.#tellAll('afterUnload', plugin)
  }

  async #tellAll(moment: Moment, plugin: LoadedPlugin): Promise<Error[]> {
    const errors: Error[] = []
    if (!plugin.observed) return errors
    for (const observer of this.#observers) {
      try {
        await this.#tell(observer, moment, plugin)
      } catch (error) {
        errors.push(error instanceof Error ? error : new Error(String(error)))
      }
    }
    return errors
  }

  async #tell(observer: LoadedPlugin, moment: Moment, { name, instance }: LoadedPlugin): Promise<void> {
    if (!IPluginObserver.implementedBy(observer.instance)) return
    const observed: ObservedPlugin = { name, instance }
    const doing = `${moment}() for "${name}"`
    try {
      const told: unknown = observer.instance[moment](observed)
      const late = (): Error => new PluginTimeoutError(observer.name, doing, this.#timeoutMs)
      if (isThenable(told)) await withDeadline(told, this.#timeoutMs, late)
    } catch (error) {
      throw error instanceof PluginTimeoutError ? error : new PluginFailedError(observer.name, doing, error)
    }
  }
}
