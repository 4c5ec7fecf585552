import type { LoadedPlugin } from './loaded-plugin.ts'
import { PluginFailedError } from './plugin-errors.ts'
import { PluginContext } from './plugin-context.ts'
import { checkSettings, settingsSchemaOf } from './plugin-settings.ts'
import type { Services } from './services.ts'
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
  values: Readonly<Record<string, unknown>>,
  origins: ReadonlyMap<string, string>,
): void {
  const { name } = plugin
  plugin.settings = settingsSchemaOf(type)
  const settings = checkSettings(name, type, values, origins)
  if (!isClass(type)) {
    plugin.instance = type
    return
  }
  const inject = injectListOf(name, type)
  if (inject === undefined && type.length === 0) {
    plugin.instance = new type()
    return
  }
  const container = services.child()
  const context: PluginContext = {
    name,
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
    resolve: (token) => services.resolve(token, name, container),
    provide: (token, factory) => services.provide(name, token, factory),
  }
  container.register(PluginContext.key, { useValue: context })
  container.register(Settings.key, { useValue: settings })
  // A class that lists nothing is one that the container's own decorators describe.
  plugin.instance =
    inject === undefined
      ? container.resolve(type)
      : new type(...inject.map((token) => context.resolve(token)))
}
