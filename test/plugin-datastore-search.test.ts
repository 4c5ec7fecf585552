/** Searching the tables of resources over HTTP, on each database. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { books, datastorePortal, resultOf, type DatastorePortal } from './support/datastore-portal.ts'

describeDatabases('searching the datastore', (database) => {
  let store: DatastorePortal
  let id = ''
  const ask: DatastorePortal['ask'] = (...call) => store.ask(...call)
  const table: DatastorePortal['table'] = (...definition) => store.table(...definition)

  beforeAll(async () => {
    store = await datastorePortal(await database.settings())
    id = await table({ ...books, aliases: ['book_rows'] })
  })
  afterAll(() => store[Symbol.asyncDispose]())

  const rowsOf = async (id: string, search: object = {}): Promise<unknown> =>
    resultOf(await ask('datastore_search', { resource_id: id, ...search }))['records']

  const first = {
    _id: 1,
    book: 'annakarenina',
    author: 'tolstoy',
    published: '2005-03-01T00:00:00.000',
    characters: ['Princess Anna', 'Sergius'],
  }
  const second = { _id: 2, book: 'warandpeace', author: 'tolstoy', published: null, characters: null }

  test('finds all rows in the order of _id, by resource_id, by id and by alias', async () => {
    const found = {
      resource_id: id,
      fields: [
        { id: '_id', type: 'int' },
        { id: 'book', type: 'text' },
        { id: 'author', type: 'text' },
        { id: 'published', type: 'timestamp' },
        { id: 'characters', type: '_text' },
      ],
      records: [first, second],
      total: 2,
      limit: 100,
      include_total: true,
      records_format: 'objects',
    }
    for (const reference of [
      { resource_id: id },
      { id },
      { resource_id: 'book_rows' },
      { id: id.toUpperCase() },
    ]) {
      expect((await ask('datastore_search', reference, '')).result).toEqual(found)
    }
  })

  test('filters by one value, by a list, and by an array', async () => {
    expect(await rowsOf(id, { filters: { book: 'annakarenina' } })).toEqual([first])
    expect(await rowsOf(id, { filters: { book: ['annakarenina', 'warandpeace'] } })).toEqual([first, second])
    expect(await rowsOf(id, { filters: { characters: [['Princess Anna', 'Sergius']] } })).toEqual([first])
  })

  test('answers GET with filters in JSON, and says what was searched for', async () => {
    const query = new URLSearchParams({
      resource_id: id,
      filters: JSON.stringify({ book: 'warandpeace' }),
      limit: '5',
      include_total: 'false',
    })
    const response = await fetch(`${store.portal.url}/api/3/action/datastore_search?${query.toString()}`)
    const answer: unknown = await response.json()
    expect(answer).toMatchObject({
      result: { records: [second], limit: 5, filters: { book: 'warandpeace' }, include_total: false },
    })
    expect(answer).not.toHaveProperty('result.total')
  })

  test('gives pages, and says what the next one is', async () => {
    const page = resultOf(
      await ask('datastore_search', { resource_id: id, limit: 1, include_next_page: true }),
    )
    expect(page).toMatchObject({
      records: [first],
      total: 2,
      next_page: { resource_id: id, limit: 1, offset: 1 },
    })
    const next = resultOf(await ask('datastore_search', { resource_id: id, limit: 1, offset: 1 }))
    expect(next).toMatchObject({ records: [second], total: 2, offset: 1 })
    const all = resultOf(await ask('datastore_search', { resource_id: id, include_next_page: true }))
    expect(all).not.toHaveProperty('next_page')
    expect((await ask('datastore_search', { resource_id: id, limit: 100_000 })).result).toMatchObject({
      limit: 32_000,
    })
  })

  test('has words, sorting, distinct fields and other formats', async () => {
    expect(await rowsOf(id, { q: 'anna', fields: 'book' })).toMatchObject([{ book: 'annakarenina' }])
    expect(await rowsOf(id, { sort: 'book desc', fields: ['book'] })).toEqual([
      { book: 'warandpeace' },
      { book: 'annakarenina' },
    ])
    expect(await rowsOf(id, { fields: ['author'], distinct: true })).toEqual([{ author: 'tolstoy' }])
    expect(await rowsOf(id, { fields: 'book,author', records_format: 'lists' })).toEqual([
      ['annakarenina', 'tolstoy'],
      ['warandpeace', 'tolstoy'],
    ])
    expect(await rowsOf(id, { fields: 'book,author', records_format: 'csv' })).toBe(
      'annakarenina,tolstoy\nwarandpeace,tolstoy\n',
    )
    expect(await rowsOf(id, { fields: 'book,author', records_format: 'tsv' })).toBe(
      'annakarenina\ttolstoy\nwarandpeace\ttolstoy\n',
    )
  })

  test('names what is wrong with its parameters', async () => {
    const wrong: [object, string][] = [
      [{ resource_id: '' }, 'resource_id'],
      [{ filters: 'the filter' }, 'filters'],
      [{ filters: { nope: 1 } }, 'filters'],
      [{ fields: ['nope'] }, 'fields'],
      [{ sort: 'nope' }, 'sort'],
      [{ limit: 'bad' }, 'limit'],
      [{ limit: -1 }, 'limit'],
      [{ offset: 'bad' }, 'offset'],
      [{ offset: -1 }, 'offset'],
      [{ records_format: 'xml' }, 'records_format'],
      [{ include_total: 'perhaps' }, 'include_total'],
      [{ filters: { published: 'yesterday-ish' } }, 'filters'],
    ]
    for (const [parameters, field] of wrong) {
      const answer = await ask('datastore_search', { resource_id: id, ...parameters })
      expect([parameters, answer.status, answer.error]).toEqual([
        parameters,
        409,
        { __type: 'Validation Error', [field]: [expect.any(String)] },
      ])
    }
  })

  test('does not know tables that are not there', async () => {
    for (const reference of ['nope', 'a"b', '_field', 'nul\0', '00000000-0000-4000-8000-000000000000']) {
      expect((await ask('datastore_search', { resource_id: reference })).status).toBe(404)
      expect((await ask('datastore_info', { id: reference })).status).toBe(404)
    }
  })

  test('shows the rows of private datasets to nobody who may not see them', async () => {
    const hidden = await table(
      { fields: [{ id: 'a' }], records: [{ a: 'x' }], aliases: ['hidden_rows'] },
      { private: true },
    )
    for (const reference of [hidden, 'hidden_rows']) {
      for (const token of ['', store.tokens.bob]) {
        expect((await ask('datastore_search', { resource_id: reference }, token)).status).toBe(403)
        expect((await ask('datastore_info', { id: reference }, token)).status).toBe(403)
      }
      expect((await ask('datastore_search', { resource_id: reference })).result).toMatchObject({ total: 1 })
    }
    const dump = async (token: string): Promise<number> => {
      const headers = token === '' ? {} : { authorization: token }
      return (await fetch(`${store.portal.url}/datastore/dump/${hidden}`, { headers })).status
    }
    expect([await dump(''), await dump(store.tokens.bob), await dump(store.tokens.ann)]).toEqual([
      403, 403, 200,
    ])
  })

  test('has the comparisons of CKAN 2.12', async () => {
    const numbers = await table({
      fields: [{ id: 'n', type: 'int' }],
      records: [5, 7, 9, 1, 10].map((n) => ({ n })),
    })
    const found = async (filter: unknown): Promise<unknown> =>
      rowsOf(numbers, { filters: { n: filter }, fields: 'n', records_format: 'lists' })
    expect(await found({ gt: 5, lt: 9 })).toEqual([[7]])
    expect(await found({ gte: 5, lte: 9 })).toEqual([[5], [7], [9]])
    expect(await found([{ lte: 1 }, 7, { gte: 10 }])).toEqual([[7], [1], [10]])
    const menu = await table({
      fields: [
        { id: 'course', type: 'text' },
        { id: 'special', type: 'bool' },
      ],
      records: [
        { course: 'salad', special: false },
        { course: 'appetizer', special: false },
        { course: 'main', special: true },
        { course: 'dessert', special: false },
      ],
    })
    const filters = { special: false, $or: [{ course: 'appetizer' }, { _id: { gt: 2 } }] }
    expect(await rowsOf(menu, { filters, fields: '_id', records_format: 'lists' })).toEqual([[2], [4]])
  })

  test('datastore_info tells of fields, aliases and the number of rows', async () => {
    const told = await table({ ...books, aliases: ['told_rows'] })
    expect((await ask('datastore_info', { id: 'told_rows' }, '')).result).toEqual({
      meta: { id: told, count: 2, aliases: ['told_rows'], table_type: 'BASE TABLE' },
      primary_key: ['book'],
      fields: books.fields,
    })
  })
})
