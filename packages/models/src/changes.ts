import {
  ReferenceKind,
  type AnyEntity,
  type ChangeSet,
  type EntityProperty,
  type Platform,
} from '@mikro-orm/sql'

import type { Changes } from './model-signals.ts'

/** What `changeSet` changes, with the old values that the unit of work has kept: no query. */
export function changesOf(changeSet: ChangeSet<AnyEntity>, platform: Platform): Changes {
  const { entity, meta, payload, originalEntity } = changeSet
  const changes: Record<string, { old: unknown; new: unknown }> = {}
  for (const name of Object.keys(payload)) {
    const property: EntityProperty | undefined = meta.properties[name]
    if (property === undefined) continue
    const kept: unknown = originalEntity?.[name]
    changes[name] = {
      old: property.customType ? property.customType.convertToJSValue(kept, platform) : kept,
      new: property.kind === ReferenceKind.SCALAR ? entity[name] : payload[name],
    }
  }
  return changes
}
