import { NamespaceCore, type Namespace } from './namespace.ts'
import type { Runtime } from './runtime.ts'

/** This package's version; a test ties it to package.json. */
export const VERSION = '0.1.0'

/** What all copies of this package in one process share. The first copy loaded makes every object in it. */
export interface Registry {
  readonly version: string
  /** Where the first copy was loaded from. */
  readonly url: string
  readonly namespaces: ReadonlyMap<string, Namespace>
  namespace(name: string): Namespace
  runtime: Runtime | undefined
}

const numbers = (version: string): number[] => version.split('.').map(Number)
const [major = 0, minor = 0] = numbers(VERSION)
const KEY = Symbol.for(`aldis.signals/${major}`)

const isRegistry = (value: unknown): value is Registry =>
  typeof value === 'object' && value !== null && 'namespaces' in value && 'version' in value

function createRegistry(): Registry {
  const namespaces = new Map<string, NamespaceCore>()
  const registry: Registry = {
    version: VERSION,
    url: import.meta.url,
    namespaces,
    namespace(name) {
      const known = namespaces.get(name)
      if (known !== undefined) return known
      const made = new NamespaceCore(name, () => registry.runtime)
      namespaces.set(name, made)
      return made
    },
    runtime: undefined,
  }
  Object.defineProperty(globalThis, KEY, { value: registry })
  return registry
}

/** The registry of this process: the one that is there, or a new one. */
function findRegistry(): Registry {
  const found: unknown = Reflect.get(globalThis, KEY)
  if (!isRegistry(found)) return createRegistry()
  if (minor > (numbers(found.version)[1] ?? 0)) {
    console.warn(
      `@aldis/signals ${VERSION} (${import.meta.url}) runs on the older ${found.version} (${found.url}), ` +
        'which was loaded first. Install one version.',
    )
  }
  return found
}

/** The registry that this copy uses. */
export const registry: Registry = findRegistry()

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
