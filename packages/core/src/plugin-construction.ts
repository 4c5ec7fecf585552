import type { LoadedPlugin } from './loaded-plugin.ts'
import { PluginContext } from './plugin-context.ts'
import { PluginFailedError } from './plugin-errors.ts'
import { checkSettings, settingsSchemaOf } from './plugin-settings.ts'
import { Service } from './service.ts'
import { Injector, type Services } from './services.ts'
import { defineToken, type Injectable } from './token.ts'

const Settings = defineToken<unknown>('aldis:PluginSettings')

type PluginClass = new (...args: unknown[]) => object

const isClass = (type: object): type is PluginClass => typeof type === 'function'

const isInjectable = (value: unknown): value is Injectable =>
  typeof value === 'function' || (typeof value === 'object' && value !== null && 'key' in value)

/** The plugin class's list of what its constructor takes. */
function injectListOf(plugin: string, type: PluginClass): readonly Injectable[] | undefined {
  const list: unknown = Reflect.get(type, 'inject')
  if (list === undefined) return undefined
  if (Array.isArray(list) && list.every(isInjectable)) return list
  throw new PluginFailedError(plugin, 'its injection', '"static inject" must list tokens and classes')
}

/**
 * Check the settings of `plugin` and give it its object: `type` itself, or an
 * instance of it when it is a class, built with what its `inject` lists in a container of its own.
 */
export function constructPlugin(
  plugin: LoadedPlugin,
  type: object,
  services: Services,
  values: Readonly<Record<string, unknown>> | undefined,
  origins: ReadonlyMap<string, string>,
): void {
  const { name } = plugin
  plugin.settings = settingsSchemaOf(name, type)
  const settings = checkSettings(name, plugin.settings, values, origins)
  if (!isClass(type)) {
    plugin.instance = type
    return
  }
  const inject = injectListOf(name, type)
  if (inject === undefined && type.length === 0) {
    plugin.instance = new type()
    return
  }
  const injector: Injector = new Injector(services, name, [
    new Service(name, PluginContext, () => contextOf(plugin, settings, services, injector)),
    new Service(name, Settings, () => settings),
  ])
  plugin.instance =
    inject === undefined
      ? buildDecorated(name, type, injector)
      : new type(...inject.map((token) => injector.resolve(token)))
}

/** A class that lists nothing and takes parameters is one that the container's own decorators describe. */
function buildDecorated(name: string, type: PluginClass, injector: Injector): object {
  try {
    return injector.resolve(type)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('TypeInfo not known'))) throw error
    const detail = 'its constructor takes parameters: list them in "static readonly inject = […] as const"'
    throw new PluginFailedError(name, 'its injection', new Error(detail, { cause: error }))
  }
}

function contextOf(
  plugin: LoadedPlugin,
  settings: unknown,
  services: Services,
  injector: Injector,
): PluginContext {
  return {
    name: plugin.name,
    settings,
    get logger() {
      return plugin.logger
    },
    get signal() {
      return plugin.signal
    },
    get resources() {
      return plugin.resources
    },
    resolve: (token) => injector.resolve(token),
    provide: (token, factory) => {
      // From a plugin that is gone, it would stand in the way of the next load.
      plugin.signal.throwIfAborted()
      services.provide(plugin.name, token, factory)
    },
  }
}
