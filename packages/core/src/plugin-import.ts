import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { exports as resolveExports, legacy } from 'resolve.exports'

import { messageOf } from './aldis-error.ts'
import { withDeadline } from './deadline.ts'
import { PluginImportError, PluginOutsideRootError, PluginTimeoutError } from './plugin-errors.ts'
import { isInside, type DiscoveredPlugin } from './plugin-discovery.ts'
import { resolveFromSource, runsFromSource, SOURCE_CONDITION } from './source-hook.ts'

/**
 * Import the plugin that was found on disk and return its default export: a
 * class or an object.
 *
 * @throws PluginImportError when its entry cannot be found or imported, or exports no plugin
 * @throws PluginOutsideRootError when its entry is a link out of its folder
 * @throws PluginTimeoutError when its module does not finish in `timeoutMs`
 */
export async function importPlugin(found: DiscoveredPlugin, timeoutMs: number): Promise<object> {
  const { folder, manifest } = found
  const name = manifest.plugin
  const fromSource = runsFromSource(folder, manifest.packageName)
  const entry = join(folder, entryOf(found, fromSource))
  let file: string
  try {
    file = realpathSync.native(entry)
  } catch (error) {
    throw new PluginImportError(name, `its entry ${entry} is not there. Build the package first.`, error)
  }
  if (!isInside(file, folder)) throw new PluginOutsideRootError(name, file, folder)
  if (fromSource) resolveFromSource(folder)
  const late = (): Error => new PluginTimeoutError(name, 'its import', timeoutMs)
  let module: unknown
  try {
    module = await withDeadline(import(pathToFileURL(file).href), timeoutMs, late)
  } catch (error) {
    if (error instanceof PluginTimeoutError) throw error
    throw new PluginImportError(name, reasonOf(error), error)
  }
  return pluginOf(name, module)
}

function entryOf({ manifest, folder }: DiscoveredPlugin, fromSource: boolean): string {
  const conditions = fromSource ? [SOURCE_CONDITION] : []
  let entries: string[] | void
  try {
    entries = resolveExports(manifest.json, '.', { conditions })
  } catch (error) {
    throw new PluginImportError(manifest.plugin, `${folder}/package.json: ${messageOf(error)}`, error)
  }
  const main = entries?.[0] ?? legacy(manifest.json, { browser: false, fields: ['main'] })
  return typeof main === 'string' ? main : 'index.js'
}

function reasonOf(error: unknown): string {
  const erasable =
    error instanceof Error && 'code' in error && error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
  if (!erasable) return messageOf(error)
  return (
    `${messageOf(error)}. Node runs TypeScript by erasing types, and this source is not erasable (enums, decorators, ` +
    `parameter properties). Build the package and take the "${SOURCE_CONDITION}" condition out of its exports.`
  )
}

function pluginOf(name: string, module: unknown): object {
  const plugin: unknown =
    typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
  if (typeof plugin === 'function' || (typeof plugin === 'object' && plugin !== null)) return plugin
  throw new PluginImportError(name, 'its module has no default export that is a class or an object.')
}
