import { isModel, type Model } from '@aldis/models'

import { ScopeInvalidError } from './replication-errors.ts'

/** What scopes and categories are called: lower-case words joined by underscores. */
export const NAME: RegExp = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/

/** What the shards of some categories are: organizations, users. Made by {@link defineScope}. */
export interface Scope<N extends string = string> {
  readonly name: N
  /** The entity whose rows are the shards, by name. */
  readonly entity: string | undefined
  /** The property that holds the shard in rows of other entities. */
  readonly property: string | undefined
}

/** How the shard of a row is told, where entities are replicated in a scope. */
export interface ScopeOptions {
  /** The entity whose rows are the shards: the shard of such a row is its own key. */
  readonly entity?: Model
  /** The property that holds the shard in rows of other entities: a key, or a relation. */
  readonly property?: string
}

const scopes = new Map<string, Scope>()

/**
 * Define the scope `name`: what the shards of its categories are. The same definition again is allowed: a module may be
 * loaded twice.
 *
 * @throws ScopeInvalidError when the name is no name, or has another definition
 *
 * @example
 * ```ts
 * import { defineEntity, p } from '@aldis/models'
 * import { defineScope, type Scope } from '@aldis/outbox'
 *
 * const Shop = defineEntity({ name: 'Shop', properties: { id: p.integer().primary(), name: p.string() } })
 *
 * export const shopScope: Scope<'shop'> = defineScope('shop', { entity: Shop, property: 'shop' })
 * ```
 */
export function defineScope<const N extends string>(
  name: N,
  { entity, property }: ScopeOptions = {},
): Scope<N> {
  if (!NAME.test(name)) throw new ScopeInvalidError(name, 'a name is lower-case words joined by underscores.')
  if (entity !== undefined && !isModel(entity)) {
    throw new ScopeInvalidError(name, 'its entity is not what defineEntity(…) returned.')
  }
  const scope: Scope<N> = Object.freeze({ name, entity: entity?.name, property })
  const known = scopes.get(name)
  if (known !== undefined && (known.entity !== scope.entity || known.property !== scope.property)) {
    throw new ScopeInvalidError(name, `there is one already, with ${described(known)}.`)
  }
  scopes.set(name, known ?? scope)
  return scope
}

/** Whether `defineScope(…)` has defined a scope `name`. */
export function isScope(name: string): boolean {
  return scopes.has(name)
}

function described({ entity, property }: Scope): string {
  const parts = [
    entity !== undefined && `the entity "${entity}"`,
    property !== undefined && `the property "${property}"`,
  ].filter((part) => part !== false)
  return parts.length === 0 ? 'neither an entity nor a property' : parts.join(' and ')
}
