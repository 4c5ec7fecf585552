/** The datastore under hostile names and values, and under many callers at once. */
import { em } from '@aldis/models'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { datastorePortal, resultOf, type DatastorePortal } from './support/datastore-portal.ts'

const hostile = [
  `'; drop table users; --`,
  `x); drop schema datastore cascade; --`,
  `\\'; select pg_sleep(9); --`,
  `$1`,
  `\${users}`,
  `a.b`,
  `select`,
  `é💧 %s ?`,
]

/** Filters for `record`: in them the name of a field that begins with a dollar has one more. */
const escaped = (record: object): object =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]: [string, unknown]) => [name.replace(/^\$/, '$$$$'), value]),
  )

describeDatabases('the datastore under attack', (database) => {
  let store: DatastorePortal
  const ask: DatastorePortal['ask'] = (...call) => store.ask(...call)

  beforeAll(async () => {
    store = await datastorePortal(await database.settings())
  })
  afterAll(() => store[Symbol.asyncDispose]())

  const statuses = async (calls: readonly Promise<{ status: number }>[]): Promise<number[]> =>
    (await Promise.all(calls)).map(({ status }) => status)
  const tables = async (id: string): Promise<unknown> => {
    const { rows } = await sql`select 1 from pg_tables where tablename = ${id}`.execute(em().getKysely())
    return rows.length
  }

  test('SQL in names of fields, aliases and indexes is a name, and in values a value', async () => {
    const fields = hostile.map((id) => ({ id, type: 'text', info: { [id]: id } }))
    const record = Object.fromEntries(hostile.map((name) => [name, `value ${name}`]))
    const aliases = hostile.map((name) => `alias ${name}`)
    const id = await store.table({
      fields,
      records: [record],
      primary_key: hostile.slice(0, 2),
      indexes: [hostile],
      aliases,
    })
    const all = { _id: 1, ...record }
    for (const [index, name] of hostile.entries()) {
      const search = {
        resource_id: aliases[index],
        filters: escaped({ [name]: record[name] }),
        sort: `"${name}" desc`,
        fields: [name],
        q: { [name]: 'value' },
      }
      expect(resultOf(await ask('datastore_search', search))['records']).toMatchObject([
        { [name]: record[name] },
      ])
    }
    const changed = { ...record, [hostile[2] ?? '']: 'changed' }
    resultOf(await ask('datastore_upsert', { resource_id: id, records: [changed] }))
    const deleted = { resource_id: id, filters: escaped(record), include_deleted_records: true }
    expect((await ask('datastore_delete', deleted)).result).toMatchObject({ deleted_records: [] })
    expect((await ask('datastore_delete', { ...deleted, filters: { _id: 1 } })).result).toMatchObject({
      deleted_records: [{ ...all, [hostile[2] ?? '']: 'changed' }],
    })
    expect(resultOf(await ask('datastore_info', { id }))['meta']).toMatchObject({
      count: 0,
      aliases: aliases.toSorted(),
    })
  })

  test('SQL in every parameter is refused by name, or finds nothing', async () => {
    const id = await store.table({
      fields: [{ id: 'a', type: 'int' }],
      records: [{ a: 1 }],
      primary_key: 'a',
    })
    for (const text of hostile) {
      const calls: [string, object][] = [
        ['datastore_search', { resource_id: text }],
        ['datastore_search', { resource_id: id, filters: { [text]: 1 } }],
        ['datastore_search', { resource_id: id, filters: { a: text } }],
        ['datastore_search', { resource_id: id, filters: { a: { [text]: 1 } } }],
        ['datastore_search', { resource_id: id, fields: [text] }],
        ['datastore_search', { resource_id: id, sort: text }],
        ['datastore_search', { resource_id: id, sort: `a ${text}` }],
        ['datastore_search', { resource_id: id, limit: text }],
        ['datastore_search', { resource_id: id, offset: text }],
        ['datastore_search', { resource_id: id, records_format: text }],
        ['datastore_create', { resource_id: id, fields: [{ id: 'b', type: text }] }],
        ['datastore_create', { resource_id: id, primary_key: text }],
        ['datastore_create', { resource_id: id, records: [{ [text]: 1 }] }],
        ['datastore_upsert', { resource_id: id, records: [{ [text]: 1 }] }],
        ['datastore_upsert', { resource_id: id, records: [{ a: text }] }],
        ['datastore_upsert', { resource_id: id, method: text, records: [{ a: 2 }] }],
        ['datastore_delete', { resource_id: id, filters: { [text]: 1 } }],
        ['datastore_delete', { resource_id: id, filters: { a: text } }],
        ['datastore_info', { id: text }],
      ]
      for (const [action, parameters] of calls) {
        const { status } = await ask(action, parameters)
        expect([action, parameters, status]).toEqual([
          action,
          parameters,
          expect.toSatisfy((code) => code === 404 || code === 409),
        ])
      }
      const quiet = await ask('datastore_search', { resource_id: id, q: text, full_text: text })
      expect(quiet.status).toBe(200)
    }
    expect((await ask('datastore_search', { resource_id: id })).result).toMatchObject({ total: 1 })
    expect(store.portal.logger.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('texts that PostgreSQL cannot hold are refused', async () => {
    const id = await store.table({
      fields: [
        { id: 'a', type: 'text' },
        { id: 'j', type: 'json' },
      ],
    })
    for (const records of [[{ a: 'nul \0' }], [{ a: 'half \ud83d' }], [{ j: { x: 'nul \0' } }]]) {
      const answer = await ask('datastore_upsert', { resource_id: id, method: 'insert', records })
      expect([records, answer.status < 500]).toEqual([records, true])
    }
    for (const filters of [{ a: 'nul \0' }, { 'nul \0': 1 }]) {
      expect((await ask('datastore_search', { resource_id: id, filters })).status).toBe(409)
    }
    expect((await ask('datastore_search', { resource_id: id, q: 'nul \0' })).status).toBeLessThan(500)
  })

  test('twenty who define one table at once all succeed, and lose no row', async () => {
    const id = await store.table({})
    resultOf(await ask('datastore_delete', { resource_id: id }))
    const calls = Array.from({ length: 20 }, (_, n) =>
      ask('datastore_create', {
        resource_id: id,
        fields: [{ id: 'n', type: 'int' }],
        primary_key: 'n',
        aliases: 'at_once',
        records: [{ n }],
      }),
    )
    expect(await statuses(calls)).toEqual(calls.map(() => 200))
    expect((await ask('datastore_search', { resource_id: 'at_once' })).result).toMatchObject({ total: 20 })
  })

  test('twenty who write the same keys in any order all succeed', async () => {
    const id = await store.table({
      fields: [
        { id: 'k', type: 'int' },
        { id: 'by', type: 'int' },
      ],
      primary_key: 'k',
    })
    const keys = Array.from({ length: 30 }, (_, k) => k)
    const calls = Array.from({ length: 20 }, (_, by) => {
      const records = (by % 2 === 0 ? keys : keys.toReversed()).map((k) => ({ k, by }))
      return ask('datastore_upsert', { resource_id: id, records })
    })
    expect(await statuses(calls)).toEqual(calls.map(() => 200))
    expect(
      (await ask('datastore_search', { resource_id: id, fields: 'by', distinct: true })).result,
    ).toMatchObject({ total: 1 })
    expect((await ask('datastore_search', { resource_id: id })).result).toMatchObject({ total: 30 })
  })

  test('a table that comes and goes while it is searched is there or not, and nothing else', async () => {
    const id = await store.table({})
    const definition = {
      resource_id: id,
      fields: [{ id: 'n', type: 'int' }],
      aliases: 'flickering',
      records: [{ n: 1 }],
    }
    const seen = new Set<number>()
    const flicker = async (): Promise<void> => {
      for (let round = 0; round < 10; round += 1) {
        await ask('datastore_delete', { resource_id: id })
        await ask('datastore_create', definition)
      }
    }
    const over = new AbortController()
    const search = async (reference: string): Promise<void> => {
      while (!over.signal.aborted) {
        for (const action of ['datastore_search', 'datastore_info']) {
          seen.add((await ask(action, { resource_id: reference, q: 'x' })).status)
        }
      }
    }
    const searches = [id, 'flickering', id].map(search)
    await flicker()
    over.abort()
    await Promise.all(searches)
    expect([...seen].filter((status) => status !== 200 && status !== 404)).toEqual([])
  })

  test('who writes while the resource, or its dataset, goes leaves no table behind', async () => {
    for (const end of ['resource_delete', 'package_delete']) {
      const id = await store.table({ fields: [{ id: 'n', type: 'int' }] })
      const { package_id } = resultOf(await ask('resource_show', { id }))
      const write = (n: number): Promise<{ status: number }> =>
        ask('datastore_create', { resource_id: id, fields: [{ id: 'n' }], records: [{ n }] })
      const calls = [1, 2, 3, 4, 5].map(write)
      const ended = ask(end, { id: end === 'resource_delete' ? id : package_id })
      calls.push(...[6, 7, 8].map(write))
      expect((await statuses(calls)).filter((status) => status !== 200 && status !== 404)).toEqual([])
      expect((await ended).status).toBe(200)
      expect(await tables(id)).toBe(0)
    }
  })
})
