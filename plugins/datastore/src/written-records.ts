import type { QueryExecutorProvider } from 'kysely'

import type { DatastoreTable } from './datastore-table.ts'
import { formatRecords } from './records-format.ts'
import { searchRows } from './search-rows.ts'

/** Fewer than a search gives at most. */
const rowsPerSearch = 10_000

/** The rows of `table` that have `ids`, each with its `_id`, in the order of `ids`. */
export async function writtenRecords(
  executor: QueryExecutorProvider,
  table: DatastoreTable,
  ids: readonly number[],
): Promise<unknown[]> {
  const rows = new Map<unknown, unknown>()
  for (let start = 0; start < ids.length; start += rowsPerSearch) {
    const part = ids.slice(start, start + rowsPerSearch)
    const found = await searchRows(executor, table, {
      filters: { _id: part },
      limit: part.length,
      include_total: false,
    })
    for (const record of formatRecords(found, 'objects')) rows.set(record['_id'], record)
  }
  return [...new Set(ids)].map((id) => rows.get(id))
}
