import { AldisError } from './aldis-error.ts'

/**
 * Something a plugin can implement: a name and the methods it takes. Export it
 * under its type's name, so that one import gives both.
 */
export interface Interface<T> {
  readonly name: string
  readonly methods: readonly string[]
  /** Whether `plugin` has every method. */
  implementedBy(plugin: unknown): plugin is T
}

/** Two interfaces name the same method, or one name stands for two interfaces. */
export class InterfaceConflictError extends AldisError {
  readonly code = 'INTERFACE_CONFLICT'
  readonly interfaceName: string

  constructor(interfaceName: string, detail: string) {
    super(`The interface "${interfaceName}" cannot be defined: ${detail}`)
    this.interfaceName = interfaceName
  }
}

const byName = new Map<string, Interface<object>>()
const NONE: readonly string[] = Object.freeze([])

const byMethod = new Map<string, string>()

/**
 * Define the interface `name` with its `methods`. A plugin implements it when
 * it has them all; since a plugin can implement many, no two interfaces share a
 * method. The same definition again is the same interface.
 *
 * @throws InterfaceConflictError when a method or the name is taken
 *
 * @example
 * ```ts
 * import { defineInterface, type Interface } from '@aldis/core'
 *
 * export interface IPrices {
 *   getPrices(): ReadonlyMap<string, number>
 * }
 * export const IPrices: Interface<IPrices> = defineInterface('shop:IPrices', ['getPrices'])
 *
 * console.log(IPrices.implementedBy({ getPrices: () => new Map() }))
 * ```
 *
 * ```text
 * true
 * ```
 */
export function defineInterface<T extends object>(
  name: string,
  methods: readonly (keyof T & string)[],
): Interface<T> {
  const known = byName.get(name)
  if (known !== undefined && known.methods.join() !== methods.join()) {
    throw new InterfaceConflictError(name, `that name has the methods ${known.methods.join(', ')} already.`)
  }
  for (const method of methods) {
    const owner = byMethod.get(method)
    if (owner !== undefined && owner !== name) {
      throw new InterfaceConflictError(name, `"${owner}" has a method "${method}" too. Rename one.`)
    }
  }
  for (const method of methods) byMethod.set(method, name)
  const [first = '', ...others] = methods
  const has = (plugin: object, method: string): boolean => typeof Reflect.get(plugin, method) === 'function'
  const defined: Interface<T> = Object.freeze({
    name,
    methods,
    implementedBy: (plugin: unknown): plugin is T => {
      // Most plugins lack the first method of most interfaces: that much costs nothing but the look.
      if (typeof plugin !== 'object' || plugin === null || !has(plugin, first)) return false
      return others.every((method) => has(plugin, method))
    },
  })
  byName.set(name, defined)
  return defined
}

/** The names of the interfaces that `plugin` implements. */
export function interfacesOf(plugin: object): readonly string[] {
  let names: string[] | undefined
  byName.forEach((each) => {
    if (!each.implementedBy(plugin)) return
    if (names) names.push(each.name)
    else names = [each.name]
  })
  return names ?? NONE
}
