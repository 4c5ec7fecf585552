import { NamespaceCore, type Namespace } from './namespace.ts'
import type { EntryRuntime } from './runtime.ts'

/** This package's version; a test ties it to package.json. */
export const VERSION = '0.1.0'

/** What all copies of this package in one process share. The first copy loaded makes every object in it. */
export interface Registry {
  readonly version: string
  /** Where the first copy was loaded from. */
  readonly url: string
  readonly namespaces: ReadonlyMap<string, Namespace>
  namespace(name: string): Namespace
  runtime: EntryRuntime | undefined
}

const [major, minor = 0] = numbersOf(VERSION)
const KEY: unique symbol = Symbol.for(`aldis.signals/${major}`)
const shared: { [KEY]?: Registry; readonly Symbol: unknown } = globalThis

/** The registry of this process: that of the first copy. */
export const registry: Registry = (shared[KEY] ??= createRegistry())

if (minor > (numbersOf(registry.version)[1] ?? 0)) {
  console.warn(
    `@aldis/signals ${VERSION} (${import.meta.url}) runs on the older ${registry.version} (${registry.url}), ` +
      'which was loaded first. Install one version.',
  )
}

function numbersOf(version: string): number[] {
  return version.split('.').map(Number)
}

function createRegistry(): Registry {
  const namespaces = new Map<string, NamespaceCore>()
  return {
    version: VERSION,
    url: import.meta.url,
    namespaces,
    namespace(name) {
      const found = namespaces.get(name) ?? new NamespaceCore(name, () => registry.runtime)
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
export function namespace(name: string): Namespace {
  return registry.namespace(name)
}
