import { PluginCycleError, PluginRequirementError, PluginVersionError } from './plugin-errors.ts'
import type { PluginPackage } from './plugin-info.ts'
import { isInRange } from './version-range.ts'

type Ordered = Pick<PluginPackage, 'name' | 'version' | 'requires' | 'after' | 'before'>

/** Which plugins each plugin has to wait for; those that wait for none are not in it. */
type Waits = ReadonlyMap<string, ReadonlySet<string>>

/** What {@link orderPlugins} finds. */
export interface LoadOrder<T> {
  readonly order: readonly T[]
  /** Why plugins cannot be loaded, by name. They are not in `order`. */
  readonly failures: ReadonlyMap<string, Error>
}

/** What there is beside the plugins to be ordered. */
export interface Surroundings {
  /** The version of the plugin `name`, or of `core`; undefined when a requirement cannot have it. */
  versionOf(name: string): string | undefined
  /** Whether `name` has failed already: what requires it is seen to with it. */
  hasFailed(name: string): boolean
  /** Why `versionOf` has none, for the message. */
  reasonOfAbsence(name: string): string
}

/**
 * The order in which `plugins` load: as listed, with what a plugin waits for
 * (by its "requires" and "after", and others' "before") placed just before it where it is not earlier.
 */
export function orderPlugins<T extends Ordered>(plugins: readonly T[], around: Surroundings): LoadOrder<T> {
  const failures = new Map<string, Error>()
  for (const plugin of plugins) {
    const error = requirementError(plugin, around)
    if (error) failures.set(plugin.name, error)
  }
  const waits = waitsOf(plugins)
  if (waits.size === 0 && failures.size === 0) return { order: plugins, failures }
  for (const [name, error] of findCycles(plugins, waits)) failures.set(name, error)
  const loadable = plugins.filter(({ name }) => !failures.has(name))
  return { order: sort(loadable, waits), failures }
}

function requirementError({ name, requires }: Ordered, around: Surroundings): Error | undefined {
  for (const required in requires) {
    if (around.hasFailed(required)) continue
    const range = requires[required] ?? '*'
    const version = around.versionOf(required)
    if (version === undefined) {
      return new PluginRequirementError(name, required, around.reasonOfAbsence(required))
    }
    if (!isInRange(version, range)) {
      return new PluginVersionError(name, required, range, version)
    }
  }
  return undefined
}

function waitsOf(plugins: readonly Ordered[]): Waits {
  const waits = new Map<string, Set<string>>()
  const add = (name: string, other: string): void => {
    const known = waits.get(name)
    if (known) known.add(other)
    else waits.set(name, new Set([other]))
  }
  for (const { name, requires, after, before } of plugins) {
    for (const other in requires) add(name, other)
    if (after.length > 0) for (const other of after) add(name, other)
    if (before.length > 0) for (const other of before) add(other, name)
  }
  return waits
}

/** The first circle through each plugin that is on one. */
function findCycles(plugins: readonly Ordered[], waits: Waits): Map<string, PluginCycleError> {
  const names = new Set(plugins.map(({ name }) => name))
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
    if (done.has(name) || !names.has(name)) return
    path.push(name)
    for (const other of waits.get(name) ?? []) visit(other)
    path.pop()
    done.add(name)
  }
  for (const name of names) visit(name)
  return cycles
}

function sort<T extends Ordered>(plugins: readonly T[], waits: Waits): T[] {
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]))
  const order: T[] = []
  const placed = new Set<T>()
  const place = (plugin: T): void => {
    if (placed.has(plugin)) return
    placed.add(plugin)
    for (const other of waits.get(plugin.name) ?? []) {
      const earlier = byName.get(other)
      if (earlier !== undefined) place(earlier)
    }
    order.push(plugin)
  }
  for (const plugin of plugins) place(plugin)
  return order
}
