import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely'

import { columnTypeOf, type Column } from './column-type.ts'

/** The schema of PostgreSQL that the tables of resources are in. */
export const datastoreSchema = 'datastore'

/** A table of the datastore as it is now. */
export interface DatastoreTable {
  /** The id of the resource whose rows it has, and its name. */
  readonly id: string
  /** In order; the first is `_id`. */
  readonly columns: readonly Column[]
  /** The columns that together are unique, besides `_id`; empty when there is no such key. */
  readonly primaryKey: readonly string[]
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whether `name` has the form of a resource's id, and hence of a table's name. */
export const isResourceId = (name: string): boolean => uuid.test(name)

/** The name of the table of resource `id`, quoted, for a statement. */
export const tableSql = (id: string): RawBuilder<unknown> => sql.id(datastoreSchema, id)

/** Look up the table of resource `id`; `undefined` when there is none. */
export async function findTable(
  executor: QueryExecutorProvider,
  id: string,
): Promise<DatastoreTable | undefined> {
  if (!isResourceId(id)) return undefined
  const { rows: columns } = await sql<{ id: string; type: string; in_key: boolean }>`
    select a.attname as id, t.typname as type, coalesce(a.attnum = any(k.indkey), false) as in_key
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join lateral (
      select i.indkey from pg_index i where i.indrelid = c.oid and i.indisunique and not i.indisprimary limit 1
    ) k on true
    where n.nspname = ${datastoreSchema} and c.relname = ${id} and c.relkind = 'r'
    order by a.attnum`.execute(executor)
  if (columns.length === 0) return undefined
  return {
    id,
    columns: columns.flatMap(({ id, type }) => {
      const known = columnTypeOf(type)
      return known === undefined ? [] : [{ id, type: known }]
    }),
    primaryKey: columns.filter(({ in_key }) => in_key).map(({ id }) => id),
  }
}

/** The id of the resource whose table has the view `alias`; `undefined` when no view of the datastore has the name. */
export async function resourceOfAlias(
  executor: QueryExecutorProvider,
  alias: string,
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select distinct t.relname as id
    from pg_class v
    join pg_namespace n on n.oid = v.relnamespace
    join pg_rewrite r on r.ev_class = v.oid
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
    join pg_class t on t.oid = d.refobjid and t.relkind = 'r' and t.relnamespace = v.relnamespace
    where n.nspname = ${datastoreSchema} and v.relname = ${alias} and v.relkind = 'v'`.execute(executor)
  return rows[0]?.id
}

/** The names of the views of the table of resource `id`, in alphabetical order. */
export async function aliasesOf(executor: QueryExecutorProvider, id: string): Promise<string[]> {
  const { rows } = await sql<{ alias: string }>`
    select distinct v.relname as alias
    from pg_class t
    join pg_namespace n on n.oid = t.relnamespace
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.refobjid = t.oid and d.refclassid = 'pg_class'::regclass
    join pg_rewrite r on r.oid = d.objid
    join pg_class v on v.oid = r.ev_class and v.relkind = 'v'
    where n.nspname = ${datastoreSchema} and t.relname = ${id} and t.relkind = 'r'
    order by alias`.execute(executor)
  return rows.map(({ alias }) => alias)
}
