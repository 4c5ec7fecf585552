import { helper, ReferenceKind, type AnyEntity, type EntityProperty } from '@mikro-orm/sql'

/** MikroORM's collection, as far as it matters here. */
export interface ChangedCollection {
  readonly owner: AnyEntity
  readonly property: EntityProperty
  /** What was loaded; undefined when all of it is to be replaced unseen. */
  getSnapshot(): AnyEntity[] | undefined
  getItems(check: boolean): AnyEntity[]
}

/** One change of a many-to-many relation, as its owning side has it where that is known. */
export interface RelationChange {
  readonly instance: AnyEntity
  readonly relation: string
  readonly kind: 'add' | 'remove' | 'clear'
  readonly items: readonly AnyEntity[]
}

type Pairs = Map<AnyEntity, Map<string, Set<AnyEntity>>>

/** What the unit of work is about to do to `collections`, compared with what was loaded: no query. */
export function relationChangesOf(collections: Iterable<ChangedCollection>): RelationChange[] {
  const added: Pairs = new Map()
  const removed: Pairs = new Map()
  const cleared: RelationChange[] = []
  for (const collection of collections) {
    const { property, owner } = collection
    if (property.kind !== ReferenceKind.MANY_TO_MANY) continue
    const { name, mappedBy } = property
    const before = collection.getSnapshot()
    const after = collection.getItems(false)
    // `removeAll()` or `set()` of a relation that was never loaded: nobody knows what was in it.
    if (before === undefined) cleared.push({ instance: owner, relation: name, kind: 'clear', items: [] })
    // A change from the other side is one of the owning side, which may know of it too.
    const note = (pairs: Pairs, item: AnyEntity): void =>
      property.owner ? addPair(pairs, owner, name, item) : addPair(pairs, item, mappedBy, owner)
    for (const item of after) if (!before?.includes(item)) note(added, item)
    for (const item of before ?? []) if (!after.includes(item)) note(removed, item)
  }
  return [...cleared, ...changesOf('remove', removed), ...changesOf('add', added)]
}

/** The primary keys of `items`; what is not inserted yet has none. */
export function keysOf(items: readonly AnyEntity[]): unknown[] {
  return items.map((item): unknown => helper(item).getPrimaryKey())
}

function addPair(pairs: Pairs, instance: AnyEntity, relation: string, item: AnyEntity): void {
  const relations = pairs.get(instance) ?? new Map<string, Set<AnyEntity>>()
  pairs.set(instance, relations)
  relations.set(relation, (relations.get(relation) ?? new Set()).add(item))
}

function changesOf(kind: RelationChange['kind'], pairs: Pairs): RelationChange[] {
  return [...pairs].flatMap(([instance, relations]) =>
    [...relations].map(([relation, items]) => ({ instance, relation, kind, items: [...items] })),
  )
}
