import {
  EntityIdentifier,
  type AnyEntity,
  type ChangeSet,
  type EntityProperty,
  type Platform,
} from '@mikro-orm/sql'

import type { Changes } from './model-signals.ts'

/** What `changeSet` changes, with the old values that the unit of work has kept: no query. */
export function changesOf(
  { meta, payload, originalEntity }: ChangeSet<AnyEntity>,
  platform: Platform,
): Changes {
  const changes: Record<string, { old: unknown; new: unknown }> = {}
  for (const name of Object.keys(payload)) {
    const property: EntityProperty | undefined = meta.properties[name]
    // The number that guards against lost updates is the database's own, and nobody keeps the old one.
    if (property === undefined || property.version === true) continue
    changes[pathOf(property, meta.properties)] = {
      old: valueOf(originalEntity?.[name], property, platform),
      new: valueOf(payload[name], property, platform),
    }
  }
  return changes
}

/** The value that the instance has, from `kept`, which is as the database has it. A relation's is the key. */
function valueOf(kept: unknown, { name, customType }: EntityProperty, platform: Platform): unknown {
  // A key that the database makes is there once the row is.
  if (kept instanceof EntityIdentifier) return kept.getValue()
  if (Array.isArray(kept) && customType === undefined) {
    return kept.map((part: unknown): unknown => (part instanceof EntityIdentifier ? part.getValue() : part))
  }
  if (kept === undefined || kept === null || customType === undefined) return kept
  return customType.convertToJSValue(kept, platform, { key: name, mode: 'hydration', force: true })
}

/** The name of `property`; of a column of an embedded value, the path to it. */
function pathOf(
  { name, embedded }: EntityProperty,
  properties: Readonly<Record<string, EntityProperty>>,
): string {
  if (embedded === undefined) return name
  const [outer, inner] = embedded
  const around = properties[outer]
  return around === undefined ? name : `${pathOf(around, properties)}.${inner}`
}
