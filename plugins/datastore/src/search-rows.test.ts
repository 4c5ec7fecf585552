import { randomUUID } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { DatastoreTable } from './datastore-table.ts'
import { deleteReturningRows, deleteRows } from './delete-rows.ts'
import { parseDeleteFilters } from './filters.ts'
import { insertRecords } from './insert-rows.ts'
import { formatRecords } from './records-format.ts'
import { searchRows, type RowSearch } from './search-rows.ts'
import { defineTable } from './table.ts'
import { scratchDatabase, type ScratchDatabase } from './testing/scratch-database.ts'

let database: ScratchDatabase
let table: DatastoreTable
beforeAll(async () => {
  database = await scratchDatabase()
  table = await bookTable()
})
afterAll(() => database.destroy())

async function bookTable(): Promise<DatastoreTable> {
  const made = await defineTable(database, randomUUID(), [
    { id: 'b ü,k', type: 'text' },
    { id: 'author', type: 'text' },
    { id: 'published', type: 'timestamp' },
    { id: 'characters', type: '_text' },
    { id: 'rating %', type: 'json' },
  ])
  await insertRecords(database, made, [
    {
      'b ü,k': 'annakarenina',
      author: 'tolstoy',
      published: '2005-03-01',
      characters: ['Princess Anna', 'Sergius'],
      'rating %': { a: 1 },
    },
    { 'b ü,k': 'warandpeace', author: 'tolstoy', 'rating %': { a: 1 } },
    { 'b ü,k': 'the art of war and of war', author: 'sun tzu', published: '2004-01-01T10:00:00.5' },
  ])
  return made
}

const ids = async (search: RowSearch): Promise<number[]> => {
  const { fields, rows } = await searchRows(database, table, search)
  const at = fields.findIndex(({ id }) => id === '_id')
  return rows.map((row) => Number(row[at]))
}

describe('a search', () => {
  test('finds all rows by _id, with their fields and their number', async () => {
    const found = await searchRows(database, table, {})
    expect({ total: found.total, limit: found.limit, offset: found.offset }).toEqual({
      total: 3,
      limit: 100,
      offset: 0,
    })
    expect(found.fields).toEqual(table.columns)
    expect(formatRecords(found, 'objects')[1]).toEqual({
      _id: 2,
      'b ü,k': 'warandpeace',
      author: 'tolstoy',
      published: null,
      characters: null,
      'rating %': { a: 1 },
    })
    expect(formatRecords(found, 'lists')[0]).toContain('2005-03-01T00:00:00.000')
  })

  test('gives a part of the rows, and counts them all', async () => {
    const { rows, total, limit, offset } = await searchRows(database, table, {
      offset: 1,
      limit: '1',
      fields: '_id',
    })
    expect({ rows, total, limit, offset }).toEqual({ rows: [['2']], total: 3, limit: 1, offset: 1 })
    expect((await searchRows(database, table, { limit: 0 })).rows).toEqual([])
    expect((await searchRows(database, table, { limit: 1_000_000 })).limit).toBe(32_000)
    expect(await searchRows(database, table, { include_total: false })).not.toHaveProperty('total')
  })

  test('gives the fields asked for, in their order', async () => {
    const { fields, rows } = await searchRows(database, table, { fields: ['author', '_id'], limit: 1 })
    expect(fields).toEqual([
      { id: 'author', type: 'text' },
      { id: '_id', type: 'int4' },
    ])
    expect(rows).toEqual([['tolstoy', '1']])
  })

  test.each([
    ['author desc', [1, 2, 3]],
    ['author, _id desc', [3, 2, 1]],
    ['published desc, _id', [2, 1, 3]],
    [['b ü,k desc'], [2, 3, 1]],
    ['"b ü,k" DESC', [2, 3, 1]],
    ['rating % asc,_id desc', [2, 1, 3]],
    [[], [1, 2, 3]],
  ])('sorts by %j', async (sort, wanted) => expect(await ids({ sort })).toEqual(wanted))

  test('tells of rows that are alike once', async () => {
    const found = await searchRows(database, table, {
      fields: 'author,rating %',
      distinct: true,
      sort: 'author desc',
    })
    expect(formatRecords(found, 'lists')).toEqual([
      ['tolstoy', { a: 1 }],
      ['sun tzu', null],
    ])
    expect(found.total).toBe(2)
    await expect(
      searchRows(database, table, { fields: 'author', distinct: true, sort: '_id' }),
    ).rejects.toMatchObject({ problems: { sort: [expect.any(String)] } })
  })

  test('finds words in all fields, the best first, with their rank', async () => {
    const found = await searchRows(database, table, { q: 'war', fields: ['_id'] })
    expect(found.fields).toEqual([
      { id: '_id', type: 'int4' },
      { id: 'rank', type: 'float8' },
    ])
    expect(formatRecords(found, 'lists')).toEqual([[3, expect.closeTo(0.07, 1)]])
    expect(await ids({ q: 'Sergius' })).toEqual([1])
    expect(await ids({ q: 'tolstoy warandpeace' })).toEqual([2])
  })

  test('finds words in single fields, also when these come as JSON', async () => {
    expect(await ids({ q: { author: 'tolstoy', 'b ü,k': 'annakarenina' } })).toEqual([1])
    expect(await ids({ q: '{"author":"sun"}' })).toEqual([3])
    expect(await ids({ q: '{war' })).toEqual([3])
    expect(await ids({ q: { author: 'tolstoy' }, full_text: 'sergius' })).toEqual([1])
    const { fields } = await searchRows(database, table, { q: { author: 'sun' }, fields: 'author' })
    expect(fields).toEqual([
      { id: 'author', type: 'text' },
      { id: 'rank author', type: 'float8' },
    ])
  })

  test('finds words in all fields twice, and leaves a field its name', async () => {
    const own = await defineTable(database, randomUUID(), [{ id: 'rank', type: 'text' }])
    await insertRecords(database, own, [{ rank: 'captain of a ship' }, { rank: 'captain' }])
    const found = await searchRows(database, own, { q: 'captain', full_text: 'ship' })
    expect(found.rows).toEqual([['1', 'captain of a ship']])
    expect(found.fields).toEqual(own.columns)
    const { fields } = await searchRows(database, table, { q: 'war', full_text: 'sun', fields: 'author' })
    expect(fields.map(({ id }) => id)).toEqual(['author', 'rank'])
  })

  test('takes a query in the syntax of PostgreSQL when it is not plain', async () => {
    expect(await ids({ q: 'warand:* | sun', plain: false, sort: '_id' })).toEqual([2, 3])
    expect(await ids({ q: 'warand:* | sun', sort: '_id' })).toEqual([])
    await expect(ids({ q: 'a & ', plain: false })).rejects.toMatchObject({
      problems: { q: [expect.any(String)] },
    })
  })

  test('finds words in a table of more columns than a function has arguments', async () => {
    const columns = Array.from({ length: 150 }, (_, index) => ({ id: `a${index}`, type: 'text' as const }))
    const wide = await defineTable(database, randomUUID(), columns)
    await insertRecords(database, wide, [{ a149: 'river' }, { a0: 'lake' }])
    expect((await searchRows(database, wide, { q: 'rivers' })).total).toBe(1)
  })

  test.each([
    ['filters', { filters: 'the-filter' }],
    ['filters', { filters: { foo: 'bar' } }],
    ['fields', { fields: ['author', 'foo'] }],
    ['fields', { fields: { a: 1 } }],
    ['fields', { fields: [1] }],
    ['sort', { sort: 'foo asc' }],
    ['sort', { sort: 'author desc; select 1' }],
    ['sort', { sort: [1] }],
    ['sort', { sort: { a: 1 } }],
    ['sort', { sort: `author${' '.repeat(100_000)}x` }],
    ['offset', { offset: 'bad' }],
    ['offset', { offset: -1 }],
    ['offset', { offset: 1.5 }],
    ['limit', { limit: 'bad' }],
    ['limit', { limit: -1 }],
    ['limit', { limit: '99999999999999999999' }],
    ['q', { q: { foo: 'x' } }],
    ['q', { q: ['x'] }],
    ['full_text', { full_text: { a: 1 } }],
  ])('is refused for %s', async (field, search) => {
    await expect(searchRows(database, table, search)).rejects.toMatchObject({
      code: 'DATASTORE_INPUT',
      problems: { [field]: [expect.any(String)] },
    })
  })
})

describe('deleting', () => {
  test('takes the rows that fit, and gives them back when they are asked for', async () => {
    const own = await bookTable()
    const filter = parseDeleteFilters({ author: 'tolstoy', 'b ü,k': 'annakarenina' })
    expect(formatRecords(await deleteReturningRows(database, own, filter), 'objects')).toEqual([
      expect.objectContaining({ _id: 1, published: '2005-03-01T00:00:00.000' }),
    ])
    expect(await deleteRows(database, own, filter)).toBe(0)
    expect(await deleteRows(database, own, parseDeleteFilters({ author: 'sun tzu' }))).toBe(1)
    expect((await searchRows(database, own, {})).total).toBe(1)
  })

  test('without a condition empties the table, which stays', async () => {
    const own = await bookTable()
    expect(await deleteRows(database, own, parseDeleteFilters({}))).toBe(3)
    expect((await searchRows(database, own, {})).total).toBe(0)
    expect(await insertRecords(database, own, [{}])).toEqual([4])
  })

  test('is refused for an unknown field, or a value of another type', async () => {
    for (const filters of [{ no: 1 }, { published: 'x' }, { _id: 'x' }]) {
      await expect(deleteRows(database, table, parseDeleteFilters(filters))).rejects.toMatchObject({
        problems: { filters: [expect.any(String)] },
      })
    }
  })
})
