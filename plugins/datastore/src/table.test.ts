import { randomUUID } from 'node:crypto'

import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { parseAliases, setAliases } from './aliases.ts'
import { aliasesOf, findTable, resourceOfAlias } from './datastore-table.ts'
import { saveFieldInfo } from './field-info.ts'
import { columnsFor, fieldsOfRecords, parseFields } from './fields.ts'
import { insertRecords } from './insert-rows.ts'
import { parseIndexes, parsePrimaryKey, setIndexes, setPrimaryKey } from './table-indexes.ts'
import { defineTable, describeTable, dropOtherColumns, dropTable } from './table.ts'
import { scratchDatabase, type ScratchDatabase } from './testing/scratch-database.ts'

let database: ScratchDatabase
beforeAll(async () => {
  database = await scratchDatabase()
})
afterAll(() => database.destroy())

const problems = (field: string): unknown =>
  expect.objectContaining({ code: 'DATASTORE_INPUT', problems: { [field]: [expect.any(String)] } })

const text = (id: string): { id: string; type: 'text' } => ({ id, type: 'text' })

describe('the fields of an action', () => {
  test('take the types that they name, and otherwise those of the first values', () => {
    const records = [{ a: null, b: 'x', c: '2005-03-01' }, { a: 5 }]
    const fields = parseFields([
      { id: 'a' },
      { id: 'b', type: '_int', info: { label: 'B' } },
      { id: 'c' },
      { id: 'd' },
    ])
    expect(columnsFor(fields, records)).toEqual([
      { id: 'a', type: 'int4' },
      { id: 'b', type: '_int4' },
      { id: 'c', type: 'timestamp' },
      { id: 'd', type: 'text' },
    ])
  })

  test('are the keys of the first record when nobody names them', () => {
    expect(columnsFor(fieldsOfRecords([{ a: 1, b: 'x' }]), [{ a: 1, b: 'x' }])).toEqual([
      { id: 'a', type: 'int4' },
      text('b'),
    ])
    expect(() => fieldsOfRecords([{ _id: 1 }])).toThrow(problems('fields'))
  })

  test.each(
    [
      'a',
      [{ type: 'int' }],
      ['a'],
      [{ id: 'a', type: 5 }],
      [{ id: 'a', info: 'x' }],
      [{ id: '_id' }],
      [{ id: 'a' }, { id: 'a' }],
    ].map((fields) => ({ fields })),
  )('are not $fields', ({ fields }) => expect(() => parseFields(fields)).toThrow(problems('fields')))

  test('are refused with a type that is none', () => {
    expect(() => columnsFor(parseFields([{ id: 'a', type: 'int); drop table x' }]), [])).toThrow(
      problems('fields'),
    )
  })
})

describe('the table of a resource', () => {
  test('is found with its columns and its key, and described with what is said about them', async () => {
    const id = randomUUID()
    const table = await defineTable(database, id, [
      { id: 'a', type: 'int4' },
      { id: 'b', type: '_timestamp' },
      text('c.d'),
    ])
    await setPrimaryKey(database, table, parsePrimaryKey('a, c.d'))
    await setIndexes(database, table, parseIndexes(['a', ['a', 'c.d']]))
    await setAliases(database, id, parseAliases('rivers, lakes'))
    await saveFieldInfo(database, id, [{ id: 'a', info: { label: 'An "A"' } }, { id: 'b' }])
    await insertRecords(database, table, [{ a: 1 }])

    const found = await findTable(database, id)
    expect(found).toEqual({
      id,
      columns: [
        { id: '_id', type: 'int4' },
        { id: 'a', type: 'int4' },
        { id: 'b', type: '_timestamp' },
        text('c.d'),
      ],
      primaryKey: ['a', 'c.d'],
    })
    expect(await describeTable(database, found ?? table)).toEqual({
      count: 1,
      aliases: ['lakes', 'rivers'],
      primaryKey: ['a', 'c.d'],
      fields: [
        { id: '_id', type: 'int4' },
        { id: 'a', type: 'int4', info: { label: 'An "A"' } },
        { id: 'b', type: '_timestamp' },
        text('c.d'),
      ],
    })
    expect(await resourceOfAlias(database, 'rivers')).toBe(id)
  })

  test('gains columns and keeps its rows, and its aliases show them', async () => {
    const id = randomUUID()
    const first = await defineTable(database, id, [text('a')])
    await insertRecords(database, first, [{ a: 'x' }])
    await setAliases(database, id, ['grown'])
    const table = await defineTable(database, id, [text('a'), { id: 'b', type: 'int4' }])
    await insertRecords(database, table, [{ b: 2 }])

    expect((await sql`select * from datastore.grown order by _id`.execute(database)).rows).toEqual([
      { _id: 1, a: 'x', b: null },
      { _id: 2, a: null, b: 2 },
    ])
    await expect(defineTable(database, id, [{ id: 'a', type: 'int4' }])).rejects.toThrow(problems('fields'))
    expect(columnsFor([{ id: 'b' }], [{ b: 'text' }], table.columns)).toEqual([{ id: 'b', type: 'int4' }])
  })

  test('loses the columns that are not kept', async () => {
    const id = randomUUID()
    const table = await defineTable(database, id, [text('a'), text('b')])
    await saveFieldInfo(database, id, [{ id: 'b', info: { label: 'B' } }])
    const left = await dropOtherColumns(database, table, ['a'])
    expect(left.columns).toEqual([{ id: '_id', type: 'int4' }, text('a')])
    const again = await defineTable(database, id, [text('a'), text('b')])
    expect((await describeTable(database, again)).fields).toEqual(again.columns)
  })

  test('goes with its aliases and what was said about its fields, and no other table does', async () => {
    const [id, other] = [randomUUID(), randomUUID()]
    const table = await defineTable(database, id, [text('a')])
    await defineTable(database, other, [text('a')])
    await setAliases(database, id, ['gone'])
    await saveFieldInfo(database, id, [{ id: 'a', info: {} }])
    await dropTable(database, table)

    expect(await findTable(database, id)).toBeUndefined()
    expect(await resourceOfAlias(database, 'gone')).toBeUndefined()
    expect(await findTable(database, other)).toBeDefined()
    await defineTable(database, id, [text('a')])
    expect((await describeTable(database, table)).fields).toEqual(table.columns)
  })

  test('has no more than a thousand columns', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => text(`a${index}`))
    await expect(defineTable(database, randomUUID(), many)).rejects.toThrow(problems('fields'))
  })

  test('is not found under what is no id of a resource', async () => {
    for (const name of ['_field', 'x', `${randomUUID()}"`, '']) {
      expect(await findTable(database, name)).toBeUndefined()
    }
  })
})

describe('a key', () => {
  test('cannot be of a field that is not there, that has no order, or that has the same value twice', async () => {
    const table = await defineTable(database, randomUUID(), [text('a'), { id: 'j', type: 'json' }])
    await insertRecords(database, table, [{ a: 'x' }, { a: 'x' }])
    for (const names of [['no'], ['_id'], ['j'], ['a']]) {
      await expect(setPrimaryKey(database, table, names)).rejects.toThrow(problems('primary_key'))
    }
    await expect(setIndexes(database, table, [['j']])).rejects.toThrow(problems('indexes'))
  })

  test('is replaced and removed', async () => {
    const table = await defineTable(database, randomUUID(), [text('a'), text('b')])
    await setPrimaryKey(database, table, ['a'])
    await setPrimaryKey(database, table, ['b'])
    expect((await findTable(database, table.id))?.primaryKey).toEqual(['b'])
    await setPrimaryKey(database, table, [])
    expect((await findTable(database, table.id))?.primaryKey).toEqual([])
  })
})

describe('aliases', () => {
  test('are exactly those that were set last', async () => {
    const { id } = await defineTable(database, randomUUID(), [text('a')])
    await setAliases(database, id, ['one', 'two'])
    await setAliases(database, id, ['two', 'three'])
    expect(await aliasesOf(database, id)).toEqual(['three', 'two'])
  })

  test('cannot be those of another table', async () => {
    const first = await defineTable(database, randomUUID(), [text('a')])
    const second = await defineTable(database, randomUUID(), [text('a')])
    await setAliases(database, first.id, ['taken'])
    await expect(setAliases(database, second.id, ['taken'])).rejects.toThrow(problems('aliases'))
  })

  test.each(['_field', 'a"b', 'x'.repeat(64), randomUUID()])('cannot be %j', (alias) =>
    expect(() => parseAliases([alias])).toThrow(problems('aliases')),
  )
})
