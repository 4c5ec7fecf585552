import { helper, ReferenceKind, type AnyEntity, type Collection } from '@mikro-orm/sql'

/** One change of a many-to-many relation. */
export interface RelationChange {
  readonly instance: AnyEntity
  readonly relation: string
  readonly kind: 'add' | 'remove' | 'clear'
  readonly keys: readonly unknown[]
}

/** What the unit of work is about to do to `collection`, compared with what was loaded: no query. */
export function relationChangesOf(collection: Collection<AnyEntity>): RelationChange[] {
  const { property, owner } = collection
  if (property.kind !== ReferenceKind.MANY_TO_MANY) return []
  const change = (kind: RelationChange['kind'], items: readonly AnyEntity[]): RelationChange => ({
    instance: owner,
    relation: property.name,
    kind,
    keys: items.map((item) => helper(item).getPrimaryKey()),
  })
  const before = collection.getSnapshot() ?? []
  const after = collection.getItems(false)
  // `removeAll()` of a relation that was never loaded: nobody knows what was in it.
  if (after.length === 0) return [change('clear', [])]
  const added = after.filter((item) => !before.includes(item))
  const removed = before.filter((item) => !after.includes(item))
  return [
    ...(removed.length > 0 ? [change('remove', removed)] : []),
    ...(added.length > 0 ? [change('add', added)] : []),
  ]
}
