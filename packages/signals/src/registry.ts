import { NamespaceCore, type Namespace } from './namespace.ts'
import type { EntryRuntime } from './runtime.ts'

/** What all copies of this package in one process share. The first copy loaded makes every object in it. */
export class Registry {
  /** A test ties these two to package.json. */
  readonly version: string = '0.1.0'
  readonly minor: number = 1
  /** Where the copy was loaded from. */
  readonly url = import.meta.url
  readonly namespaces = new Map<string, Namespace>()
  runtime: EntryRuntime | undefined

  namespace(name: string): Namespace {
    const found = this.namespaces.get(name) ?? new NamespaceCore(name, this)
    this.namespaces.set(name, found)
    return found
  }
}

/** One for each major version: copies of different ones have nothing to do with each other. */
const KEY: unique symbol = Symbol.for('aldis.signals/0')
const shared: { [KEY]?: Registry; readonly Symbol: unknown } = globalThis
const own = new Registry()

/** The registry of this process: that of the first copy. */
export const registry: Registry = (shared[KEY] ??= own)

if (registry.minor < own.minor) {
  console.warn(`${own.url} ${own.version} uses the older ${registry.url} ${registry.version}`)
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
