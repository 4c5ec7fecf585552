import { sql, type QueryExecutorProvider } from 'kysely'

import type { CellText } from './cell.ts'
import type { Column } from './column-type.ts'
import { blameInput } from './database-refusal.ts'
import { DatastoreInputError } from './datastore-input-error.ts'
import { tableSql, type DatastoreTable } from './datastore-table.ts'
import { cellsByColumn, checkRecords, rowSource, rowsPerStatement } from './row-source.ts'

/**
 * Insert `records` into `table`, in their order; resolves with the `_id` of each.
 *
 * A column that a record does not have is null there.
 *
 * @throws DatastoreInputError for `records`: what is no object, has a key that is no column, does not fit a
 * column's type, or has a key that is taken.
 */
export async function insertRecords(
  executor: QueryExecutorProvider,
  table: DatastoreTable,
  records: unknown,
): Promise<number[]> {
  const columns = table.columns.slice(1)
  const checked = checkRecords(records, columns)
  if (columns.length === 0 && checked.length > 0) {
    throw new DatastoreInputError({ records: ['The table has no fields.'] })
  }
  const ids: number[] = []
  for (let start = 0; start < checked.length; start += rowsPerStatement) {
    const cells = cellsByColumn(columns, checked.slice(start, start + rowsPerStatement))
    ids.push(...(await insertCells(executor, table.id, columns, cells)))
  }
  return ids
}

/**
 * Insert the rows of `cells`, which has a list of texts for each of `columns`, with one statement; resolves with
 * the `_id` of each row.
 *
 * @throws DatastoreInputError for `records`, when a text does not fit its column's type, or a key is taken.
 */
export async function insertCells(
  executor: QueryExecutorProvider,
  resourceId: string,
  columns: readonly Column[],
  cells: readonly (readonly CellText[])[],
): Promise<number[]> {
  const names = columns.map(({ id }) => sql.id(id))
  const { rows } = await blameInput('records', () =>
    sql<{ _id: number }>`
      insert into ${tableSql(resourceId)} (${sql.join(names)})
      select ${sql.join(names)} from ${rowSource(columns, cells)} as _rows order by _row
      returning _id`.execute(executor),
  )
  return rows.map(({ _id }) => _id)
}
