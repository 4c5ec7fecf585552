import { createNamespace, type Namespace } from './namespace.ts'
import type { EntryRuntime } from './runtime.ts'

const MAJOR = 0
const MINOR = 1

/** This package's version; a test ties it to package.json. */
export const VERSION = `${MAJOR}.${MINOR}.0`

/** What all copies of this package in one process share. The first copy loaded makes every object in it. */
export interface Registry {
  readonly version: string
  readonly minor: number
  /** Where the first copy was loaded from. */
  readonly url: string
  readonly namespaces: ReadonlyMap<string, Namespace>
  namespace(name: string): Namespace
  runtime: EntryRuntime | undefined
}

const KEY: unique symbol = Symbol.for(`aldis.signals/${MAJOR}`)
const shared: { [KEY]?: Registry; readonly Symbol: unknown } = globalThis

/** The registry of this process: that of the first copy. */
export const registry: Registry = (shared[KEY] ??= createRegistry())

if (registry.minor < MINOR) {
  console.warn(
    `@aldis/signals ${VERSION} (${import.meta.url}) uses the older ${registry.version} (${registry.url}): install one.`,
  )
}

function createRegistry(): Registry {
  const namespaces = new Map<string, Namespace>()
  return {
    version: VERSION,
    minor: MINOR,
    url: import.meta.url,
    namespaces,
    namespace(name) {
      const found = namespaces.get(name) ?? createNamespace(name, () => registry.runtime)
      namespaces.set(name, found)
      return found
    },
    runtime: undefined,
  }
}

/**
 * The namespace `name`, made when it is first asked for. Everyone who asks gets
 * the same one, also from another installed copy of this package.
 *
 * @throws InvalidNameError when `name` is empty or has white space or ":" in it
 *
 * @example
 * ```ts
 * import { namespace } from '@aldis/signals'
 *
 * console.log(String(namespace('shop').signal('order_placed')))
 * console.log(namespace('shop') === namespace('shop'))
 * ```
 *
 * ```text
 * shop:order_placed
 * true
 * ```
 */
export const { namespace } = registry
