import { suggest, type Host, type PluginInfo, type SignalInfo } from '@aldis/core'

import { NotFoundError } from './command-errors.ts'

/**
 * The plugin `name` of `host`.
 *
 * @throws NotFoundError when there is none, with the nearest
 */
export function findPlugin(host: Host, name: string): PluginInfo {
  const names = [name, name.replaceAll('-', '_')]
  const found = host.plugins.find((plugin) => names.includes(plugin.name))
  if (found) return found
  const near = suggest(
    name,
    host.plugins.map((plugin) => plugin.name),
  )
  throw new NotFoundError(
    `There is no plugin "${name}".${near === undefined ? ' aldis plugins list --all shows what there is.' : ` Did you mean ${near}?`}`,
  )
}

/** `audit, shop ^2.0.0`: what a plugin requires, in few words. */
export function requiresText({ requires }: PluginInfo): string {
  const texts = Object.entries(requires).map(([name, range]) => (range === '*' ? name : `${name} ${range}`))
  return texts.length > 0 ? texts.join(', ') : '-'
}

/** What went wrong with a plugin, on one line. */
export function reasonOf({ error }: PluginInfo): string | undefined {
  return error?.message
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
}

/** A plugin as documents carry it. */
export function pluginDocument(
  plugin: PluginInfo,
  all: readonly SignalInfo[],
  place: (folder: string) => string,
): object {
  const { name, version, description, state, source, folder, requires, after, before } = plugin
  const { error, interfaces, subscriptions, commands, loadMs } = plugin
  const code: unknown = error && Reflect.get(error, 'code')
  return {
    name,
    version,
    description: description ?? null,
    state,
    source,
    folder: folder === undefined ? null : place(folder),
    requires,
    after,
    before,
    error: error ? { code: typeof code === 'string' ? code : null, message: error.message } : null,
    interfaces,
    signals: all.filter(({ publisher }) => publisher === name).map(({ key }) => key),
    subscriptions: subscriptions.map(({ id, signal, delivery }) => ({
      id,
      signal: String(signal),
      delivery,
    })),
    commands,
    loadMs: state === 'on' ? Math.round(loadMs * 100) / 100 : null,
  }
}
