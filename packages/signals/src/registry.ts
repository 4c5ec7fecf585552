import { NamespaceCore, type Namespace } from './namespace.ts'
import type { EntryRuntime } from './runtime.ts'

const MAJOR = 0
const MINOR = 1

/** This package's version; a test ties it to package.json. */
export const VERSION = `${MAJOR}.${MINOR}.0`

/** What all copies of this package in one process share. The first copy loaded makes every object in it. */
export class Registry {
  readonly version: string = VERSION
  readonly minor: number = MINOR
  /** Where the first copy was loaded from. */
  readonly url = import.meta.url
  readonly namespaces = new Map<string, Namespace>()
  runtime: EntryRuntime | undefined

  namespace(name: string): Namespace {
    const found = this.namespaces.get(name) ?? new NamespaceCore(name, this)
    this.namespaces.set(name, found)
    return found
  }
}

const KEY: unique symbol = Symbol.for(`aldis.signals/${MAJOR}`)
const shared: { [KEY]?: Registry; readonly Symbol: unknown } = globalThis

/** The registry of this process: that of the first copy. */
export const registry: Registry = (shared[KEY] ??= new Registry())

if (registry.minor < MINOR) {
  console.warn(
    `@aldis/signals ${VERSION} (${import.meta.url}) uses the older ${registry.version} (${registry.url}).`,
  )
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
