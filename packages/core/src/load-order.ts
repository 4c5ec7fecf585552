import semver from 'semver'

import { PluginCycleError, PluginRequirementError, PluginVersionError } from './plugin-errors.ts'
import type { PluginPackage } from './plugin-info.ts'

type Ordered = Pick<PluginPackage, 'name' | 'version' | 'requires' | 'after' | 'before'>

/** What {@link orderPlugins} finds. */
export interface LoadOrder<T> {
  readonly order: readonly T[]
  /** Why plugins cannot be loaded, by name. They are not in `order`. */
  readonly failures: ReadonlyMap<string, Error>
}

/**
 * The order in which `plugins` load: each after what it requires and after what
 * "after" and "before" put before it; where these leave a choice, as listed.
 * `versions` are the versions that requirements are checked against.
 */
export function orderPlugins<T extends Ordered>(
  plugins: readonly T[],
  versions: ReadonlyMap<string, string>,
  reasonOfAbsence: (name: string) => string,
): LoadOrder<T> {
  const failures = new Map<string, Error>()
  for (const plugin of plugins) {
    const error = requirementError(plugin, versions, reasonOfAbsence)
    if (error) failures.set(plugin.name, error)
  }
  for (const [name, error] of findCycles(plugins)) failures.set(name, error)
  return { order: sort(plugins.filter(({ name }) => !failures.has(name))), failures }
}

function requirementError(
  { name, requires }: Ordered,
  versions: ReadonlyMap<string, string>,
  reasonOfAbsence: (name: string) => string,
): Error | undefined {
  for (const [required, range] of Object.entries(requires)) {
    const version = versions.get(required)
    if (version === undefined) return new PluginRequirementError(name, required, reasonOfAbsence(required))
    if (!semver.satisfies(version, range, { includePrerelease: true })) {
      return new PluginVersionError(name, required, range, version)
    }
  }
  return undefined
}

/** Which plugins each plugin has to wait for. */
function predecessors<T extends Ordered>(plugins: readonly T[]): Map<string, Set<string>> {
  const names = new Set(plugins.map(({ name }) => name))
  const waits = new Map(plugins.map(({ name }) => [name, new Set<string>()]))
  for (const { name, requires, after, before } of plugins) {
    for (const other of [...Object.keys(requires), ...after])
      if (names.has(other)) waits.get(name)?.add(other)
    for (const other of before) waits.get(other)?.add(name)
  }
  return waits
}

/** The first circle through each plugin that is on one. */
function findCycles(plugins: readonly Ordered[]): Map<string, PluginCycleError> {
  const waits = predecessors(plugins)
  const cycles = new Map<string, PluginCycleError>()
  const done = new Set<string>()
  const path: string[] = []
  const visit = (name: string): void => {
    const start = path.indexOf(name)
    if (start !== -1) {
      const circle = path.slice(start)
      const error = new PluginCycleError([...circle, name])
      for (const member of circle) if (!cycles.has(member)) cycles.set(member, error)
      return
    }
    if (done.has(name)) return
    path.push(name)
    for (const other of waits.get(name) ?? []) visit(other)
    path.pop()
    done.add(name)
  }
  for (const { name } of plugins) visit(name)
  return cycles
}

/** A stable topological order: each plugin as soon as what it waits for is there. */
function sort<T extends Ordered>(plugins: readonly T[]): T[] {
  const waits = predecessors(plugins)
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]))
  const order: T[] = []
  const placed = new Set<string>()
  const place = (plugin: T): void => {
    if (placed.has(plugin.name)) return
    placed.add(plugin.name)
    for (const other of waits.get(plugin.name) ?? []) {
      const earlier = byName.get(other)
      if (earlier !== undefined) place(earlier)
    }
    order.push(plugin)
  }
  for (const plugin of plugins) place(plugin)
  return order
}
