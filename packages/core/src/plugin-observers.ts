import { withDeadline } from './deadline.ts'
import { IPluginObserver, type ObservedPlugin } from './interfaces/iplugin-observer.ts'
import type { LoadedPlugin } from './loaded-plugin.ts'
import { PluginFailedError, PluginTimeoutError } from './plugin-errors.ts'

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
  async loaded(plugin: LoadedPlugin): Promise<void> {
    for (const observer of this.#observers) await this.#tell(observer, 'beforeLoad', plugin)
    const observes = plugin.interfaces.includes(IPluginObserver.name)
    for (const observer of this.#observers) await this.#tell(observer, 'afterLoad', plugin)
    if (observes) {
      await this.#tell(plugin, 'afterLoad', plugin)
      this.#observers.push(plugin)
    }
    plugin.observed = true
  }

  /** Tell the others that `plugin` is about to go; every failure is returned. It hears of nothing more itself. */
  async beforeUnload(plugin: LoadedPlugin): Promise<Error[]> {
    const at = this.#observers.indexOf(plugin)
    if (at !== -1) this.#observers.splice(at, 1)
    return plugin.observed ? this.#tellAll('beforeUnload', plugin) : []
  }

  /** Tell the others that `plugin` is gone; every failure is returned. */
  async afterUnload(plugin: LoadedPlugin): Promise<Error[]> {
    return plugin.observed ? this.#tellAll('afterUnload', plugin) : []
  }

  async #tellAll(moment: Moment, plugin: LoadedPlugin): Promise<Error[]> {
    const errors: Error[] = []
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
      const told = observer.instance[moment](observed)
      const late = (): Error => new PluginTimeoutError(observer.name, doing, this.#timeoutMs)
      if (told instanceof Promise) await withDeadline(told, this.#timeoutMs, late)
    } catch (error) {
      throw error instanceof PluginTimeoutError ? error : new PluginFailedError(observer.name, doing, error)
    }
  }
}
