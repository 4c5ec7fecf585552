import { randomUUID } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Column } from './column-type.ts'
import { findTable, type DatastoreTable } from './datastore-table.ts'
import { insertRecords } from './insert-rows.ts'
import { formatRecords } from './records-format.ts'
import { searchRows } from './search-rows.ts'
import { setPrimaryKey } from './table-indexes.ts'
import { defineTable } from './table.ts'
import { scratchDatabase, type ScratchDatabase } from './testing/scratch-database.ts'
import { upsertRecords } from './upsert-rows.ts'

let database: ScratchDatabase
beforeAll(async () => {
  database = await scratchDatabase()
})
afterAll(() => database.destroy())

async function tableOf(columns: readonly Column[], key: readonly string[] = []): Promise<DatastoreTable> {
  const table = await defineTable(database, randomUUID(), columns)
  await setPrimaryKey(database, table, key)
  return (await findTable(database, table.id)) ?? table
}

const rowsOf = async (table: DatastoreTable): Promise<unknown> =>
  formatRecords(await searchRows(database, table, {}), 'lists')

const problems = (field: string, message: unknown = expect.any(String)): unknown =>
  expect.objectContaining({ code: 'DATASTORE_INPUT', problems: { [field]: [message] } })

const books: readonly Column[] = [
  { id: 'id', type: 'int4' },
  { id: 'title', type: 'text' },
  { id: 'pages', type: 'int4' },
]

describe('inserted records', () => {
  test('are in their order, in columns of every type, and what they lack is null', async () => {
    const table = await tableOf([
      { id: 'text', type: 'text' },
      { id: 'int8', type: 'int8' },
      { id: 'numeric', type: 'numeric' },
      { id: 'float8', type: 'float8' },
      { id: 'bool', type: 'bool' },
      { id: 'date', type: 'date' },
      { id: 'time', type: 'time' },
      { id: 'timestamp', type: 'timestamp' },
      { id: 'timestamptz', type: 'timestamptz' },
      { id: 'json', type: 'json' },
      { id: 'jsonb', type: 'jsonb' },
      { id: '$text', type: '_text' },
      { id: '$int', type: '_int4' },
      { id: '$jsonb', type: '_jsonb' },
    ])
    const record = {
      text: `a'"\\{},NULL\u2028 null`,
      int8: '9007199254740993',
      numeric: '12345678901234567890.10',
      float8: 0.1,
      bool: true,
      date: '2005-03-01',
      time: '10:00:00',
      timestamp: '2005-03-01T10:00:00.000',
      timestamptz: '2005-03-01T12:00:00+02:00',
      json: { b: 1, a: ['x', null] },
      jsonb: 'a "string"',
      $text: ['a', null, '', 'NULL', '{"}', '\\'],
      $int: [3, 1, 2],
      $jsonb: [{ a: 1 }, 'x', null],
    }
    expect(await insertRecords(database, table, [record, {}, { text: '', int8: '', $text: [] }])).toEqual([
      1, 2, 3,
    ])
    const [first, ...rest] = formatRecords(await searchRows(database, table, {}), 'objects')
    expect(first).toEqual({ _id: 1, ...record, timestamptz: '2005-03-01T10:00:00.000Z' })
    const nothing = Object.fromEntries(Object.keys(record).map((key) => [key, null]))
    expect(rest).toEqual([
      { _id: 2, ...nothing },
      { _id: 3, ...nothing, text: '', $text: [] },
    ])
  })

  test('are more than one statement carries', async () => {
    const table = await tableOf(books)
    const records = Array.from({ length: 25_000 }, (_, id) => ({ id, title: `title ${id}` }))
    const ids = await insertRecords(database, table, records)
    expect(ids).toHaveLength(25_000)
    const { total, rows } = await searchRows(database, table, { sort: 'id desc', limit: 1 })
    expect({ total, rows }).toEqual({ total: 25_000, rows: [['25000', '24999', 'title 24999', null]] })
  })

  test.each([
    { records: 'x' },
    { records: [1] },
    { records: [[]] },
    { records: [{ dummy: 1 }] },
    { records: [{ _id: 1 }] },
    { records: [{ id: 'abc' }] },
    { records: [{ id: 2 ** 31 }] },
    { records: [{ id: [1] }] },
    { records: [{ title: 'a\0b' }] },
    { records: [JSON.parse('{ "__proto__": 1 }') as unknown] },
    { records: [{ id: 1 }, { id: 1 }] },
  ])('are refused: $records', async ({ records }) => {
    const table = await tableOf(books, ['id'])
    await expect(insertRecords(database, table, records)).rejects.toThrow(problems('records'))
    expect(await rowsOf(table)).toEqual([])
  })

  test('cannot be in a table without fields', async () => {
    const table = await tableOf([])
    expect(await insertRecords(database, table, [])).toEqual([])
    await expect(insertRecords(database, table, [{}])).rejects.toThrow(problems('records'))
  })
})

describe('upserted records', () => {
  test('change the rows that have their key, only in the fields they have, and are inserted otherwise', async () => {
    const table = await tableOf(books, ['id'])
    await insertRecords(database, table, [
      { id: 1, title: 'one', pages: 10 },
      { id: 2, title: 'two', pages: 20 },
    ])
    const ids = await upsertRecords(database, table, [
      { id: 1, title: 'uno' },
      { id: 3, title: 'tre' },
      { id: 2, pages: null },
      { id: 3, pages: 33 },
      { pages: 34, id: 3 },
    ])
    expect(ids).toEqual([1, 3, 2, 3])
    expect(await rowsOf(table)).toEqual([
      [1, 1, 'uno', 10],
      [2, 2, 'two', null],
      [3, 3, 'tre', 34],
    ])
  })

  test('take no ids for the rows that they find', async () => {
    const table = await tableOf(books, ['id'])
    await upsertRecords(database, table, [{ id: 1 }])
    for (let times = 0; times < 5; times += 1) await upsertRecords(database, table, [{ id: 1, pages: times }])
    expect(await upsertRecords(database, table, [{ id: 2 }])).toEqual([2])
  })

  test('are found by _id too, and the ids that they bring are not given out again', async () => {
    const table = await tableOf(books)
    await insertRecords(database, table, [{ id: 1, title: 'one' }])
    expect(
      await upsertRecords(database, table, [
        { _id: 1, pages: 5 },
        { _id: 2, pages: 6 },
      ]),
    ).toEqual([1, 2])
    expect(await insertRecords(database, table, [{ id: 9 }])).toEqual([3])
    expect(await rowsOf(table)).toEqual([
      [1, 1, 'one', 5],
      [2, null, null, 6],
      [3, 9, null, null],
    ])
  })

  test('with a key of two fields', async () => {
    const table = await tableOf(books, ['id', 'title'])
    await upsertRecords(database, table, [
      { id: 1, title: 'a', pages: 1 },
      { id: 1, title: 'b', pages: 2 },
      { id: 1, title: 'a', pages: 3 },
    ])
    expect(await rowsOf(table)).toEqual([
      [1, 1, 'b', 2],
      [2, 1, 'a', 3],
    ])
    await expect(upsertRecords(database, table, [{ pages: 1 }])).rejects.toThrow(
      problems('key', 'row 1: fields "id", "title" are missing but needed as key'),
    )
  })

  test('are refused without a key, with an unknown field, or with a value of another type', async () => {
    const table = await tableOf(books, ['id'])
    await expect(upsertRecords(database, await tableOf(books), [{ id: 1 }])).rejects.toThrow(
      problems('table'),
    )
    await expect(upsertRecords(database, table, [{ id: 1, pages: 2 }, { title: 'x' }])).rejects.toThrow(
      problems('key', 'row 2: field "id" is missing but needed as key'),
    )
    await expect(upsertRecords(database, table, [{ id: null }])).rejects.toThrow(problems('key'))
    await expect(upsertRecords(database, table, [{ id: 1 }, { id: 1, dummy: 2 }])).rejects.toThrow(
      problems('records', 'row 2: field "dummy" does not exist'),
    )
    await expect(upsertRecords(database, table, [{ a: 1, id: 1, b: 2 }])).rejects.toThrow(
      problems('records', 'row 1: fields "a", "b" do not exist'),
    )
    await expect(upsertRecords(database, table, [{ id: 1, pages: 'many' }])).rejects.toThrow(
      problems('records'),
    )
    await expect(upsertRecords(database, table, 'x')).rejects.toThrow(problems('records'))
  })

  test('of a transaction that is rolled back were never there', async () => {
    const table = await tableOf(books, ['id'])
    await expect(
      database.transaction().execute(async (transaction) => {
        await upsertRecords(transaction, table, [{ id: 1 }])
        throw new Error('rolled back')
      }),
    ).rejects.toThrow('rolled back')
    expect(await rowsOf(table)).toEqual([])
  })
})

describe('updated records', () => {
  test('change the rows that have their key', async () => {
    const table = await tableOf(books, ['id'])
    await insertRecords(database, table, [{ id: 1, title: 'one', pages: 10 }])
    expect(await upsertRecords(database, table, [{ id: 1, title: null }], 'update')).toEqual([1])
    expect(await rowsOf(table)).toEqual([[1, 1, null, 10]])
  })

  test('are refused when no row has their key', async () => {
    const table = await tableOf(books, ['id'])
    await insertRecords(database, table, [{ id: 1 }])
    await expect(upsertRecords(database, table, [{ id: 1 }, { id: 7 }], 'update')).rejects.toThrow(
      problems('key', 'row 2: key [7] not found'),
    )
    await expect(upsertRecords(database, table, [{ _id: 7, pages: 1 }], 'update')).rejects.toThrow(
      problems('key'),
    )
  })
})

test('records to insert are refused when their key is taken', async () => {
  const table = await tableOf(books, ['id'])
  await insertRecords(database, table, [{ id: 1 }])
  await expect(upsertRecords(database, table, [{ id: 1 }], 'insert')).rejects.toThrow(problems('records'))
})
