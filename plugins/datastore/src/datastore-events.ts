import { signals } from '@aldis/core'
import { sql, type QueryExecutorProvider } from 'kysely'

import { tableSql, type DatastoreTable } from './datastore-table.ts'
import { dropTable } from './table.ts'
import type { RowRecord } from './row-source.ts'
import type { UpsertMethod } from './upsert-rows.ts'

/** How long one receiver may hold a transaction up. */
const timeoutMs = 10_000
/** How many records a signal carries, so that what receivers keep of it stays small. */
const mostRecords = 1000

/** What was written. */
export interface WrittenRows {
  readonly method: UpsertMethod
  /** As they were given. */
  readonly records: readonly RowRecord[]
  /** How many records were written. */
  readonly count: number
}

/** Why rows went. */
type DeleteReason = Parameters<typeof signals.datastoreDelete.notify>[1]['reason']

/** Tell that rows of the resource `id` were written, if any were: call it in the transaction. */
export async function sendUpsert(id: string, { method, records, count }: WrittenRows): Promise<void> {
  const signal = signals.datastoreUpsert
  if (count === 0 || !signal.isHeard) return
  await signal.sendRobustAsync(id, { method, records: records.slice(0, mostRecords), count }, { timeoutMs })
}

/** Tell that the rows of `id` that `filters` chose went: call it in the transaction. */
export async function sendRowsDeleted(
  id: string,
  reason: DeleteReason,
  filters: unknown,
  deletedCount: number,
): Promise<void> {
  const signal = signals.datastoreDelete
  if (!signal.isHeard) return
  await signal.sendRobustAsync(id, { reason, filters, deletedCount, tableDropped: false }, { timeoutMs })
}

/** Drop `table`, and tell of it; its rows are counted only when somebody wants to know. */
export async function dropAndTell(
  executor: QueryExecutorProvider,
  table: DatastoreTable,
  reason: DeleteReason,
): Promise<void> {
  const signal = signals.datastoreDelete
  const deletedCount = signal.isHeard ? await countRows(executor, table) : 0
  await dropTable(executor, table)
  if (!signal.isHeard) return
  await signal.sendRobustAsync(
    table.id,
    { reason, filters: null, deletedCount, tableDropped: true },
    { timeoutMs },
  )
}

async function countRows(executor: QueryExecutorProvider, { id }: DatastoreTable): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*)::text as count from ${tableSql(id)}`.execute(executor)
  return Number(rows[0]?.count)
}
