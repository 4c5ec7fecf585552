import type { LoadedPlugin } from './loaded-plugin.ts'
import type { PluginCatalog } from './plugin-catalog.ts'
import type { PluginInfo, PluginPackage } from './plugin-info.ts'
import type { LeftOut } from './plugin-load.ts'

const NOTHING_LOADED = {
  error: undefined,
  interfaces: [],
  subscriptions: [],
  settings: undefined,
  commands: [],
  loadMs: 0,
}

/** What is shown of a plugin that is nowhere. */
const missing = (name: string): PluginPackage => ({
  name,
  version: '',
  description: undefined,
  source: 'missing',
  folder: undefined,
  requires: {},
  after: [],
  before: [],
})

/** Every plugin: the loaded in load order, then those left out, then those that are not enabled. */
export function listPlugins(
  loaded: readonly LoadedPlugin[],
  leftOut: readonly LeftOut[],
  catalog: PluginCatalog,
): PluginInfo[] {
  const on = loaded.map((plugin): PluginInfo => {
    const { interfaces, subscriptions, settings, loadMs } = plugin
    const commands = plugin.commands.map(({ name }) => name)
    return {
      ...plugin.package,
      state: 'on',
      error: undefined,
      interfaces,
      subscriptions,
      settings,
      commands,
      loadMs,
    }
  })
  const packages = new Map(catalog.packages.map((each) => [each.name, each]))
  const out = leftOut.map(({ name, state, error }): PluginInfo => ({
    ...(packages.get(name) ?? missing(name)),
    ...NOTHING_LOADED,
    state,
    error,
  }))
  const shown = new Set([...on, ...out].map(({ name }) => name))
  const off = [...packages.values()].filter(({ name }) => !shown.has(name))
  return [...on, ...out, ...off.map((each): PluginInfo => ({ ...each, ...NOTHING_LOADED, state: 'off' }))]
}
