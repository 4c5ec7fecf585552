import { sql, type RawBuilder } from 'kysely'

import { cellText, fromCellText, type CellText } from './cell.ts'
import type { Column } from './column-type.ts'
import { DatastoreInputError, refuseUnknownFields } from './datastore-input-error.ts'
import { isJsonObject, type JsonObject } from './json-object.ts'

/** A row as an action is given it: values of JSON by the name of their column. */
export type RowRecord = JsonObject

/** How many rows one statement carries. More is hardly faster, and takes memory. */
export const rowsPerStatement = 10_000

/**
 * Check the `records` of an action.
 *
 * @throws DatastoreInputError for `records`, when they are not objects, or have keys that are not in `columns`.
 */
export function checkRecords(records: unknown, columns: readonly Column[]): RowRecord[] {
  if (!Array.isArray(records)) throw notRecords()
  const known = new Set(columns.map(({ id }) => id))
  return records.map((record: unknown, index) => {
    if (!isJsonObject(record)) throw notRecords()
    for (const key in record) {
      if (!known.has(key)) refuseUnknownFields('records', Object.keys(record), known, index + 1)
    }
    return record
  })
}

const notRecords = (): DatastoreInputError =>
  new DatastoreInputError({ records: ['Records must be a list of objects.'] })

/** The value of `record` for `column`, which only an own property is. */
export const valueIn = (record: RowRecord, column: string): unknown =>
  Object.hasOwn(record, column) ? record[column] : undefined

/** The texts of the cells of `records`, one list for each of `columns`. */
export function cellsByColumn(columns: readonly Column[], records: readonly RowRecord[]): CellText[][] {
  return columns.map(({ id, type }) => records.map((record) => cellText(type, valueIn(record, id))))
}

/**
 * A subquery with the rows of `cells`, which has a list for each of `columns`: those columns in their types, and
 * `_row`, which counts from 1.
 *
 * One array for each column is what the database takes fastest, after COPY.
 */
export function rowSource(
  columns: readonly Column[],
  cells: readonly (readonly CellText[])[],
): RawBuilder<unknown> {
  const arrays = cells.map((column) => sql`${column}::text[]`)
  const names = columns.map(({ id }) => sql.id(id))
  const values = columns.map(
    ({ id, type }) => sql`${fromCellText(type, sql.id('_cells', id))} as ${sql.id(id)}`,
  )
  return sql`(
    select ${sql.join(values)}, _row
    from unnest(${sql.join(arrays)}) with ordinality as _cells(${sql.join([...names, sql.id('_row')])})
  )`
}
