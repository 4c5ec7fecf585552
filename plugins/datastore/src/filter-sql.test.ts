import { randomUUID } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Column } from './column-type.ts'
import type { DatastoreTable } from './datastore-table.ts'
import { insertRecords } from './insert-rows.ts'
import { searchRows } from './search-rows.ts'
import { defineTable } from './table.ts'
import { scratchDatabase, type ScratchDatabase } from './testing/scratch-database.ts'

let database: ScratchDatabase
beforeAll(async () => {
  database = await scratchDatabase()
})
afterAll(() => database.destroy())

async function tableOf(columns: readonly Column[], records: readonly unknown[]): Promise<DatastoreTable> {
  const table = await defineTable(database, randomUUID(), columns)
  await insertRecords(database, table, records)
  return table
}

/** The numbers of the rows that fit, which is what `_id` is in a fresh table. */
async function fitting(table: DatastoreTable, filters: unknown): Promise<number[]> {
  const { rows } = await searchRows(database, table, { filters, fields: ['_id'], limit: 1000 })
  return rows.map(([id]) => Number(id))
}

describe('the grammar of filters', () => {
  test('finds numbers by bounds and by mixed lists', async () => {
    const table = await tableOf(
      [{ id: 'num', type: 'int4' }],
      [5, 7, 9, 1, 10].map((num) => ({ num })),
    )
    expect(await fitting(table, { num: { gt: 5, lt: 9 } })).toEqual([2])
    expect(await fitting(table, { num: { gte: 5, lte: 9 } })).toEqual([1, 2, 3])
    expect(await fitting(table, { num: [{ lte: 1 }, 7, { gte: 10 }] })).toEqual([2, 4, 5])
    expect(await fitting(table, { num: { gt: 6.5 } })).toEqual([2, 3, 5])
    expect(await fitting(table, { num: [7.5, '9'] })).toEqual([3])
    expect(await fitting(table, { num: [] })).toEqual([])
    expect(await fitting(table, { num: 1e20 })).toEqual([])
  })

  test('joins $or with what stands beside it', async () => {
    const table = await tableOf(
      [
        { id: 'course', type: 'text' },
        { id: 'special', type: 'bool' },
      ],
      [
        { course: 'salad', special: false },
        { course: 'appetizer', special: false },
        { course: 'main', special: true },
        { course: 'dessert', special: false },
      ],
    )
    const filters = { special: false, $or: [{ course: 'appetizer' }, { _id: { gt: 2 } }] }
    expect(await fitting(table, filters)).toEqual([2, 4])
    expect(await fitting(table, [{ course: 'salad' }, { special: 'true' }])).toEqual([1, 3])
  })

  test('compares columns of every type', async () => {
    const table = await tableOf(
      [
        { id: 'text', type: 'text' },
        { id: 'price', type: 'numeric' },
        { id: 'day', type: 'date' },
        { id: 'moment', type: 'timestamp' },
        { id: 'names', type: '_text' },
        { id: 'any', type: 'json' },
        { id: 'lists', type: '_json' },
      ],
      [
        {
          text: '10',
          price: '1.10',
          day: '2005-03-01',
          moment: '2005-03-01',
          names: ['a', 'b'],
          any: { a: 1 },
        },
        {
          text: '9',
          price: 2,
          day: '2006-03-01',
          moment: '2005-03-01T10:00',
          names: [],
          any: 'a',
          lists: [1],
        },
      ],
    )
    expect(await fitting(table, { text: { lt: '9' } })).toEqual([1])
    expect(await fitting(table, { text: 9 })).toEqual([2])
    expect(await fitting(table, { price: 1.1 })).toEqual([1])
    expect(await fitting(table, { day: { gte: '2005-03-01T10:00' } })).toEqual([2])
    expect(await fitting(table, { moment: '2005-03-01T00:00:00.000' })).toEqual([1])
    expect(await fitting(table, { names: [['a', 'b']] })).toEqual([1])
    expect(await fitting(table, { names: { eq: [] } })).toEqual([2])
    expect(await fitting(table, { any: 'a' })).toEqual([2])
    expect(await fitting(table, { lists: [null] })).toEqual([1])
    expect(await fitting(table, { lists: [[1]] })).toEqual([2])
  })

  test.each([
    { no: 1 },
    { num: 'abc' },
    { num: '' },
    { num: [1, 'abc'] },
    { num: { gt: true } },
    { num: [['a']] },
    { list: 'a' },
    { $or: [{ num: 1 }, { '"; drop': 1 }] },
  ])('refuses %j for filters', async (filters) => {
    const table = await tableOf(
      [
        { id: 'num', type: 'int4' },
        { id: 'list', type: '_text' },
      ],
      [],
    )
    await expect(searchRows(database, table, { filters })).rejects.toMatchObject({
      code: 'DATASTORE_INPUT',
      problems: { filters: [expect.any(String)] },
    })
  })
})
