import { sql, type QueryExecutorProvider } from 'kysely'

import { blameInput } from './database-refusal.ts'
import { fieldInfoTable } from './datastore-schema.ts'
import type { FieldDefinition } from './fields.ts'
import { isJsonObject, type JsonObject } from './json-object.ts'

/** Keep what `fields` say about themselves; of a field without `info` nothing changes. */
export async function saveFieldInfo(
  executor: QueryExecutorProvider,
  resourceId: string,
  fields: readonly FieldDefinition[],
): Promise<void> {
  for (const { id, info } of fields) {
    if (info === undefined) continue
    await blameInput('fields', () =>
      sql`
        insert into ${fieldInfoTable} (resource_id, field, info)
        values (${resourceId}, ${id}, ${JSON.stringify(info)}::text::jsonb)
        on conflict (resource_id, field) do update set info = excluded.info`.execute(executor),
    )
  }
}

/** What was said about the fields of a resource's table, by the field's id. */
export async function fieldInfoOf(
  executor: QueryExecutorProvider,
  resourceId: string,
): Promise<Map<string, JsonObject>> {
  const { rows } = await sql<{ field: string; info: string }>`
    select field, info::text as info from ${fieldInfoTable} where resource_id = ${resourceId}`.execute(
    executor,
  )
  return new Map(
    rows.flatMap(({ field, info }) => {
      const parsed: unknown = JSON.parse(info)
      return isJsonObject(parsed) ? [[field, parsed]] : []
    }),
  )
}

/** Forget what was said about `fields` of a resource's table, or about all of them. */
export async function forgetFieldInfo(
  executor: QueryExecutorProvider,
  resourceId: string,
  fields?: readonly string[],
): Promise<void> {
  const which = fields === undefined ? sql`true` : sql`field = any(${fields}::text[])`
  await sql`delete from ${fieldInfoTable} where resource_id = ${resourceId} and ${which}`.execute(executor)
}
