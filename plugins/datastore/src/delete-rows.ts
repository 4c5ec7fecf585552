import { sql, type QueryExecutorProvider } from 'kysely'

import { blameInput } from './database-refusal.ts'
import { tableSql, type DatastoreTable } from './datastore-table.ts'
import { filterSql } from './filter-sql.ts'
import type { Filter } from './filters.ts'
import { cellsOfRow, selectedCells, type SelectedRows } from './selected-rows.ts'

/**
 * Delete the rows of `table` that `filter` means; the table stays, even when it is empty then.
 *
 * Resolves with how many went.
 *
 * @throws DatastoreInputError for `filters`.
 */
export async function deleteRows(
  executor: QueryExecutorProvider,
  table: DatastoreTable,
  filter: Filter,
): Promise<number> {
  const condition = filterSql(filter, table.columns, '_target')
  const { numAffectedRows } = await blameInput('filters', () =>
    sql`delete from ${tableSql(table.id)} as _target where ${condition}`.execute(executor),
  )
  return Number(numAffectedRows ?? 0n)
}

/**
 * Like {@link deleteRows}; resolves with the rows that went, in the order of `_id`.
 *
 * @throws DatastoreInputError for `filters`.
 */
export async function deleteReturningRows(
  executor: QueryExecutorProvider,
  table: DatastoreTable,
  filter: Filter,
): Promise<SelectedRows> {
  const condition = filterSql(filter, table.columns, '_target')
  const { rows } = await blameInput('filters', () =>
    sql<Record<string, string | null>>`
      with _deleted as (delete from ${tableSql(table.id)} as _target where ${condition} returning _target.*)
      select ${selectedCells('_deleted', table.columns)} from _deleted order by _deleted._id`.execute(
      executor,
    ),
  )
  return { fields: table.columns, rows: rows.map((row) => cellsOfRow(table.columns, row)) }
}
