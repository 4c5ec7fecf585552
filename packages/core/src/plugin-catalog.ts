import { basename } from 'node:path'

import type { Configuration } from './config.ts'
import type { PluginDefinition } from './host.ts'
import { discoverPlugins, type DiscoveryProblem } from './plugin-discovery.ts'
import { PluginDuplicateError, PluginNotFoundError } from './plugin-errors.ts'
import { importPlugin } from './plugin-import.ts'
import type { PluginPackage } from './plugin-info.ts'
import { folderNameOf, isPluginName, PluginNameError } from './plugin-name.ts'

/** A plugin that there is, and how to get at its class or object. */
export interface CatalogEntry {
  readonly package: PluginPackage
  /** Import it, or give what is in memory. */
  import(timeoutMs: number): object | Promise<object>
}

/** The plugins that could be enabled. */
export class PluginCatalog {
  readonly #entries: ReadonlyMap<string, CatalogEntry>
  readonly #searched: readonly string[]
  /** Folders that say they are a plugin's and cannot be used. */
  readonly problems: readonly DiscoveryProblem[]

  private constructor(
    entries: ReadonlyMap<string, CatalogEntry>,
    searched: readonly string[],
    problems: readonly DiscoveryProblem[],
  ) {
    this.#entries = entries
    this.#searched = searched
    this.problems = problems
  }

  /** Those that `definitions` give and those that the configuration's globs find. */
  static async read(
    { root, values, path, origins }: Configuration,
    definitions: readonly PluginDefinition[],
  ): Promise<PluginCatalog> {
    const entries = new Map<string, CatalogEntry>()
    for (const definition of definitions) {
      const entry = entryInMemory(definition)
      if (entries.has(definition.name)) throw new PluginDuplicateError(definition.name, 'is given twice.')
      entries.set(definition.name, entry)
    }
    // Values that were given, without paths of their own, search no disk.
    const without = path === undefined && definitions.length > 0 && origins.get('pluginPaths') === 'default'
    const patterns = without ? [] : values.pluginPaths
    const { plugins, problems } = await discoverPlugins(patterns, root)
    for (const [name, found] of plugins) {
      if (entries.has(name)) {
        throw new PluginDuplicateError(name, `is given as a value, and is in ${found.folder} too.`)
      }
      const { version, description, requires, after, before } = found.manifest
      entries.set(name, {
        package: {
          name,
          version,
          description,
          requires,
          after,
          before,
          source: found.source,
          folder: found.folder,
        },
        import: (timeoutMs) => importPlugin(found, timeoutMs),
      })
    }
    return new PluginCatalog(entries, patterns, problems)
  }

  get packages(): PluginPackage[] {
    return [...this.#entries.values()].map((entry) => entry.package)
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  /**
   * The plugin `name`, which stands in `where`.
   *
   * @throws PluginNameError when that cannot be a name
   * @throws PluginNotFoundError when there is no such plugin
   */
  get(name: string, where: string): CatalogEntry {
    if (!isPluginName(name)) throw new PluginNameError(name, where)
    const entry = this.#entries.get(name)
    if (entry !== undefined) return entry
    const problem =
      this.problems.find(({ error }) => 'plugin' in error && error.plugin === name) ??
      this.problems.find(({ folder }) => basename(folder) === folderNameOf(name))
    throw problem?.error ?? new PluginNotFoundError(name, [...this.#entries.keys()], this.#searched)
  }
}

function entryInMemory(definition: PluginDefinition): CatalogEntry {
  const { name, plugin, version = '0.0.0', requires = {}, after = [], before = [] } = definition
  if (!isPluginName(name)) throw new PluginNameError(name, 'the host options')
  return {
    package: {
      name,
      version,
      description: undefined,
      requires,
      after,
      before,
      source: 'memory',
      folder: undefined,
    },
    import: () => plugin,
  }
}
