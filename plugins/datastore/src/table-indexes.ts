import { sql, type QueryExecutorProvider } from 'kysely'

import { blameInput } from './database-refusal.ts'
import { DatastoreInputError, refuseUnknownFields } from './datastore-input-error.ts'
import { datastoreSchema, tableSql, type DatastoreTable } from './datastore-table.ts'

/**
 * Read the `primary_key` of an action: a list of fields, or fields with commas between.
 *
 * @throws DatastoreInputError for `primary_key`.
 */
export function parsePrimaryKey(input: unknown): string[] {
  return namesOf('primary_key', input)
}

/**
 * Read the `indexes` of an action: what is indexed together stands in a list of its own, or with commas between.
 *
 * @throws DatastoreInputError for `indexes`.
 */
export function parseIndexes(input: unknown): string[][] {
  if (typeof input === 'string') return namesOf('indexes', input).map((name) => [name])
  if (!Array.isArray(input)) throw notNames('indexes')
  return input.map((item: unknown) => namesOf('indexes', item)).filter((names) => names.length > 0)
}

function namesOf(field: string, input: unknown): string[] {
  const items: unknown = typeof input === 'string' ? input.split(',').map((name) => name.trim()) : input
  if (!Array.isArray(items)) throw notNames(field)
  const names = items.filter((name: unknown) => typeof name === 'string')
  if (names.length < items.length) throw notNames(field)
  return [...new Set(names.filter((name) => name !== ''))]
}

const notNames = (field: string): DatastoreInputError =>
  new DatastoreInputError({
    [field]: ['Fields must be named in a list, or in a string with commas between.'],
  })

/**
 * Let `names` together be the key of `table` instead of what was; no names, no key.
 *
 * @throws DatastoreInputError for `primary_key`: an unknown field, one whose type has no order, or rows that have
 * the same key.
 */
export async function setPrimaryKey(
  executor: QueryExecutorProvider,
  table: DatastoreTable,
  names: readonly string[],
): Promise<void> {
  await replaceIndexes(executor, table, 'primary_key', names.length === 0 ? [] : [names])
}

/**
 * Let `table` have exactly these indexes, besides that of its key.
 *
 * @throws DatastoreInputError for `indexes`.
 */
export async function setIndexes(
  executor: QueryExecutorProvider,
  table: DatastoreTable,
  indexes: readonly (readonly string[])[],
): Promise<void> {
  await replaceIndexes(executor, table, 'indexes', indexes)
}

async function replaceIndexes(
  executor: QueryExecutorProvider,
  table: DatastoreTable,
  field: 'primary_key' | 'indexes',
  indexes: readonly (readonly string[])[],
): Promise<void> {
  refuseUnknownFields(
    field,
    indexes.flat(),
    table.columns.slice(1).map(({ id }) => id),
  )
  const unique = field === 'primary_key'
  const { rows: present } = await sql<{ name: string }>`
    select i.relname as name
    from pg_index x
    join pg_class i on i.oid = x.indexrelid
    join pg_class t on t.oid = x.indrelid
    join pg_namespace n on n.oid = t.relnamespace
    where n.nspname = ${datastoreSchema} and t.relname = ${table.id}
      and x.indisunique = ${unique} and not x.indisprimary`.execute(executor)
  for (const { name } of present) {
    await sql`drop index ${sql.id(datastoreSchema, name)}`.execute(executor)
  }
  for (const names of indexes) {
    const columns = sql.join(names.map((name) => sql.id(name)))
    await blameInput(field, () =>
      sql`create ${unique ? sql`unique index` : sql`index`} on ${tableSql(table.id)} (${columns})`.execute(
        executor,
      ),
    )
  }
}
