import { randomUUID } from 'node:crypto'

import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { setAliases } from './aliases.ts'
import { findTable, resourceOfAlias } from './datastore-table.ts'
import { deleteReturningRows, deleteRows } from './delete-rows.ts'
import { saveFieldInfo } from './field-info.ts'
import { parseDeleteFilters } from './filters.ts'
import { insertRecords } from './insert-rows.ts'
import { formatRecords } from './records-format.ts'
import { searchRows } from './search-rows.ts'
import { setIndexes, setPrimaryKey } from './table-indexes.ts'
import { defineTable, describeTable, dropOtherColumns, dropTable } from './table.ts'
import { scratchDatabase, type ScratchDatabase } from './testing/scratch-database.ts'
import { upsertRecords } from './upsert-rows.ts'

let database: ScratchDatabase
beforeAll(async () => {
  database = await scratchDatabase()
  await sql`create table datastore._victim as select 1 as a`.execute(database)
})
afterAll(() => database.destroy())

const hostile = [
  `a'; drop table datastore._victim; --`,
  `a); drop table datastore._victim; --`,
  `$1`,
  `:name ? {} %s`,
  `a.b`,
  `datastore._victim`,
  `\\'; drop table datastore._victim`,
  `a" ; drop table datastore._victim`,
  `/* a`,
  `$$; drop table datastore._victim; $$`,
]

/** Names are hostile too, as far as they can be names. */
const names = hostile.filter((name) => !name.includes('"'))

test.each(names)('SQL in the name of a column, of an alias and in values stays text: %s', async (name) => {
  const [id, other] = [randomUUID(), 'other']
  const columns = [
    { id: name, type: 'text' as const },
    { id: other, type: 'text' as const },
    { id: `${name}[]`, type: '_text' as const },
  ]
  const defined = await defineTable(database, id, columns)
  await setPrimaryKey(database, defined, [name])
  await setIndexes(database, defined, [[other, name]])
  await setAliases(database, id, [name])
  await saveFieldInfo(database, id, [{ id: name, info: { [name]: name } }])
  expect(await resourceOfAlias(database, name)).toBe(id)
  const table = await findTable(database, id)
  if (table === undefined) throw new Error('The table is gone.')
  expect((await describeTable(database, table)).fields).toContainEqual({
    ...columns[0],
    info: { [name]: name },
  })

  const records = hostile.map((value) => ({ [name]: value, [other]: value, [`${name}[]`]: [value] }))
  await insertRecords(database, table, records)
  await upsertRecords(database, table, records)
  await upsertRecords(database, table, records, 'update')
  const filters = (value: string): unknown => ({
    [name.startsWith('$') ? `$${name}` : name]: [value],
    [other]: { eq: value, gte: value },
    [name.startsWith('$') ? `$${name}[]` : `${name}[]`]: [[value]],
  })
  for (const [index, value] of hostile.entries()) {
    const found = await searchRows(database, table, {
      filters: filters(value),
      fields: [name, other, `${name}[]`],
      sort: [`${name} desc`],
    })
    expect(formatRecords(found, 'objects')).toEqual([records[index]])
    await searchRows(database, table, { q: value, full_text: value })
    await searchRows(database, table, { q: { [name]: value }, distinct: true, fields: [name] })
    await searchRows(database, table, { q: value, plain: false }).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'DATASTORE_INPUT' })
    })
  }
  const [first = '', second = ''] = hostile
  expect(await deleteRows(database, table, parseDeleteFilters(filters(first)))).toBe(1)
  expect((await deleteReturningRows(database, table, parseDeleteFilters(filters(second)))).rows).toHaveLength(
    1,
  )
  await dropTable(database, await dropOtherColumns(database, table, [other]))

  expect((await sql`select * from datastore._victim`.execute(database)).rows).toEqual([{ a: 1 }])
})
