import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely'

import type { Column } from './column-type.ts'
import { blameInput } from './database-refusal.ts'
import { DatastoreInputError, fieldsThat } from './datastore-input-error.ts'
import { datastoreSchema, tableSql, type DatastoreTable } from './datastore-table.ts'
import { insertRecords } from './insert-rows.ts'
import {
  cellsByColumn,
  checkRecords,
  rowSource,
  rowsPerStatement,
  valueIn,
  type RowRecord,
} from './row-source.ts'

/** `insert` refuses keys that are there, `update` those that are not, and `upsert` takes both. */
export const upsertMethods = ['upsert', 'insert', 'update'] as const
export type UpsertMethod = (typeof upsertMethods)[number]

/**
 * Write `records` into `table` in their order; resolves with the `_id` of each row written, where a row that
 * several records in a row write may be there once.
 *
 * `update` and `upsert` find a row by `_id` where the record has it, otherwise by the primary key. They touch the
 * fields that the record has and no others; a field that is null is cleared.
 *
 * @throws DatastoreInputError for `records`, for `table` when it has no key, and for `key` when a record lacks a
 * part of the key or, with `update`, no row has it. Some of the records may have been written by then: roll back.
 */
export async function upsertRecords(
  executor: QueryExecutorProvider,
  table: DatastoreTable,
  records: unknown,
  method: UpsertMethod = 'upsert',
): Promise<number[]> {
  if (method === 'insert') return insertRecords(executor, table, records)
  const checked = checkRecords(records, table.columns)
  const ids: number[] = []
  let done = 0
  for (const run of runsOfSameFields(checked)) {
    const write = keyedWrite(table, run, done)
    ids.push(...(method === 'update' ? await updateRun(executor, write) : await upsertRun(executor, write)))
    done += run.length
  }
  return ids
}

/** Records that follow each other and have the same fields, so that one statement can write them all. */
function* runsOfSameFields(records: readonly RowRecord[]): Generator<RowRecord[]> {
  let run: RowRecord[] = []
  let fields = ''
  for (const record of records) {
    const names = JSON.stringify(Object.keys(record).sort())
    if (run.length > 0 && (names !== fields || run.length === rowsPerStatement)) {
      yield run
      run = []
    }
    fields = names
    run.push(record)
  }
  if (run.length > 0) yield run
}

/** What the statements for a run of records are made of. */
interface KeyedWrite {
  readonly table: DatastoreTable
  readonly records: readonly RowRecord[]
  /** How many records come before them. */
  readonly before: number
  readonly key: readonly string[]
  readonly names: readonly RawBuilder<unknown>[]
  /** The rows given: of those with the same key the last, because it has the last word. */
  readonly source: RawBuilder<unknown>
}

function keyedWrite(table: DatastoreTable, records: readonly RowRecord[], before: number): KeyedWrite {
  const [first = {}] = records
  const key = Object.hasOwn(first, '_id') ? ['_id'] : table.primaryKey
  if (key.length === 0) {
    throw new DatastoreInputError({
      table: ['unique key must be passed for update/upsert: a primary key of the table, or _id'],
    })
  }
  for (const [index, record] of records.entries()) {
    const missing = key.filter((name) => (valueIn(record, name) ?? '') === '')
    if (missing.length > 0) {
      throw new DatastoreInputError({
        key: [`row ${before + index + 1}: ${fieldsThat(missing, 'is', 'are')} missing but needed as key`],
      })
    }
  }
  const columns: Column[] = table.columns.filter(({ id }) => Object.hasOwn(first, id))
  const keySql = names('_given', key)
  return {
    table,
    records,
    before,
    key,
    names: columns.map(({ id }) => sql.id(id)),
    source: sql`
      select distinct on (${keySql}) _given.* from ${rowSource(columns, cellsByColumn(columns, records))} as _given
      order by ${keySql}, _row desc`,
  }
}

async function updateRun(executor: QueryExecutorProvider, write: KeyedWrite): Promise<number[]> {
  const { rows } = await blameInput('records', () =>
    sql<{ row: string; id: number | null }>`
      with _source as materialized (${write.source}), _updated as (${updateSql(write)})
      select _source._row::text as row, _updated._id as id
      from _source left join _updated using (_row) order by _source._row`.execute(executor),
  )
  return rows.map(({ row, id }) => {
    if (id !== null) return id
    const record = write.records[Number(row) - 1] ?? {}
    const values = write.key.map((name) => valueIn(record, name))
    throw new DatastoreInputError({
      key: [`row ${write.before + Number(row)}: key ${JSON.stringify(values)} not found`],
    })
  })
}

/** Rows that are there are updated and only the others inserted, because each try to insert takes an `_id`. */
async function upsertRun(executor: QueryExecutorProvider, write: KeyedWrite): Promise<number[]> {
  const { table, key } = write
  const keyNames = sql.join(key.map((name) => sql.id(name)))
  const columns = sql.join(write.names)
  const excluded = sql.join(write.names.map((name) => sql`${name} = excluded.${name}`))
  const { rows } = await blameInput('records', () =>
    sql<{ id: number }>`
      with _source as materialized (${write.source}),
      _updated as (${updateSql(write)}),
      _inserted as (
        insert into ${tableSql(table.id)} as _target (${columns})
        select ${columns} from _source where _row not in (select _row from _updated) order by _row
        on conflict (${keyNames}) do update set ${excluded}
        returning _target.*
      )
      select coalesce(_updated._id, _inserted._id) as id
      from _source left join _updated using (_row)
      left join _inserted on (${names('_inserted', key)}) = (${names('_source', key)})
      order by _source._row`.execute(executor),
  )
  if (key.includes('_id')) await skipTakenIds(executor, table)
  return rows.map(({ id }) => id)
}

function updateSql({ table, key, names: columns }: KeyedWrite): RawBuilder<unknown> {
  return sql`
    update ${tableSql(table.id)} as _target
    set ${sql.join(columns.map((name) => sql`${name} = _source.${name}`))}
    from _source where (${names('_target', key)}) = (${names('_source', key)})
    returning _source._row, _target._id`
}

/** The next `_id` that the table gives out comes after those that records brought with them. */
async function skipTakenIds(executor: QueryExecutorProvider, table: DatastoreTable): Promise<void> {
  const sequence = sql`pg_get_serial_sequence(${`"${datastoreSchema}"."${table.id}"`}, '_id')`
  await sql`
    select setval(${sequence}, highest) from (select max(_id) as highest from ${tableSql(table.id)}) as rows
    where highest > coalesce(pg_sequence_last_value(${sequence}::regclass), 0)`.execute(executor)
}

const names = (table: string, columns: readonly string[]): RawBuilder<unknown> =>
  sql.join(columns.map((column) => sql.id(table, column)))
