import { sql, type QueryExecutorProvider } from 'kysely'

import { columnNameProblem } from './column-name.ts'
import { DatastoreInputError } from './datastore-input-error.ts'
import { aliasesOf, datastoreSchema, isResourceId, tableSql } from './datastore-table.ts'

/**
 * Read the `aliases` of an action: a list of names, or names with commas between.
 *
 * @throws DatastoreInputError for `aliases`.
 */
export function parseAliases(input: unknown): string[] {
  const names = typeof input === 'string' ? input.split(',').map((name) => name.trim()) : input
  if (!Array.isArray(names)) throw notNames()
  return [...new Set(names.map(aliasName).filter((name) => name !== ''))]
}

function aliasName(name: unknown): string {
  if (typeof name !== 'string') throw notNames()
  const problem = name === '' ? undefined : columnNameProblem(name)
  if (problem !== undefined || isResourceId(name)) {
    const why = problem ?? 'it looks like the id of a resource'
    throw new DatastoreInputError({ aliases: [`"${name}" is not a valid alias: ${why}.`] })
  }
  return name
}

const notNames = (): DatastoreInputError =>
  new DatastoreInputError({ aliases: ['Aliases must be a list of names.'] })

/**
 * Let the table of `resourceId` have exactly `aliases`: views of all its columns.
 *
 * @throws DatastoreInputError for `aliases`, when another table has one of them.
 */
export async function setAliases(
  executor: QueryExecutorProvider,
  resourceId: string,
  aliases: readonly string[],
): Promise<void> {
  await dropAliases(executor, resourceId)
  const { rows: taken } = await sql<{ relname: string }>`
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${datastoreSchema} and c.relname = any(${aliases}::text[])`.execute(executor)
  if (taken.length > 0) {
    throw new DatastoreInputError({
      aliases: taken.map(({ relname }) => `The alias "${relname}" exists already.`),
    })
  }
  for (const alias of aliases) {
    await sql`create view ${sql.id(datastoreSchema, alias)} as select * from ${tableSql(resourceId)}`.execute(
      executor,
    )
  }
}

/** Drop the views of the table of `resourceId`; resolves with their names. */
export async function dropAliases(executor: QueryExecutorProvider, resourceId: string): Promise<string[]> {
  const aliases = await aliasesOf(executor, resourceId)
  for (const alias of aliases) {
    await sql`drop view ${sql.id(datastoreSchema, alias)}`.execute(executor)
  }
  return aliases
}
