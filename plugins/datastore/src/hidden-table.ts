import { randomUUID } from 'node:crypto'

import { em, transaction } from '@aldis/models'
import { sql, type QueryExecutorProvider } from 'kysely'

import type { Column } from './column-type.ts'
import { datastoreSchema, findTable, tableSql } from './datastore-table.ts'
import { defineTable, dropTable } from './table.ts'

const loads = sql.id(datastoreSchema, '_load')

/**
 * Make a table with `columns` that belongs to no resource, so that nobody sees it, and return its id. It is to be filled
 * without a transaction, so that others get their turns, and then shown or dropped.
 */
export async function makeHiddenTable(columns: readonly Column[]): Promise<string> {
  await dropForgotten()
  const id = randomUUID()
  await transaction(async () => {
    const executor = em().getKysely()
    await sql`insert into ${loads} (table_id) values (${id})`.execute(executor)
    await defineTable(executor, id, columns)
  })
  return id
}

/** Let the hidden table `id` be that of the resource `resourceId`, which has none. */
export async function showHiddenTable(
  executor: QueryExecutorProvider,
  id: string,
  resourceId: string,
): Promise<void> {
  await sql`alter table ${tableSql(id)} rename to ${sql.id(resourceId)}`.execute(executor)
  await sql`delete from ${loads} where table_id = ${id}`.execute(executor)
}

/** Drop the hidden table `id`, if it is still hidden. */
export async function dropHiddenTable(id: string): Promise<void> {
  await transaction(async () => {
    const executor = em().getKysely()
    const { rows } = await sql`delete from ${loads} where table_id = ${id} returning table_id`.execute(
      executor,
    )
    const table = rows.length > 0 ? await findTable(executor, id) : undefined
    if (table !== undefined) await dropTable(executor, table)
  })
}

/** No load takes a day: what is older was left by a process that ended in the middle. */
async function dropForgotten(): Promise<void> {
  const { rows } = await sql<{ table_id: string }>`
    select table_id from ${loads} where started < now() - interval '1 day'`.execute(em().getKysely())
  for (const { table_id: id } of rows) await dropHiddenTable(id)
}
