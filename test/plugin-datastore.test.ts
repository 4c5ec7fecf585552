/** The datastore's actions over HTTP, on each database. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { books, datastorePortal, resultOf, type DatastorePortal } from './support/datastore-portal.ts'

const UUID: unknown = expect.stringMatching(/^[\da-f]{8}-[\da-f-]{27}$/)

describeDatabases('the datastore', (database) => {
  let store: DatastorePortal
  const ask: DatastorePortal['ask'] = (...call) => store.ask(...call)
  const table: DatastorePortal['table'] = (...definition) => store.table(...definition)

  beforeAll(async () => {
    store = await datastorePortal(await database.settings())
  })
  afterAll(() => store[Symbol.asyncDispose]())

  const rowsOf = async (id: string, search: object = {}): Promise<unknown> =>
    resultOf(await ask('datastore_search', { resource_id: id, ...search }))['records']

  describe('datastore_create', () => {
    test('makes a resource with a table for a dataset, and echoes what it made', async () => {
      resultOf(await ask('package_create', { name: 'rivers', owner_org: 'acme' }))
      const made = await ask('datastore_create', {
        resource: { package_id: 'rivers' },
        fields: [{ id: 'a' }, { id: 'b', type: 'text', info: { label: 'Bee' } }],
        records: [
          { a: 1, b: 'xyz' },
          { a: 2, b: 'zzz' },
        ],
        primary_key: 'a',
        aliases: 'river_rows',
        indexes: ['b'],
      })
      const id = String(resultOf(made)['resource_id'])
      expect(made.result).toEqual({
        resource_id: UUID,
        fields: [
          { id: 'a', type: 'int4' },
          { id: 'b', type: 'text', info: { label: 'Bee' } },
        ],
        primary_key: ['a'],
        aliases: ['river_rows'],
        indexes: [['b']],
        method: 'insert',
      })
      expect((await ask('resource_show', { id })).result).toMatchObject({
        datastore_active: true,
        url_type: 'datastore',
        url: `${store.portal.url}/datastore/dump/${id}`,
      })
      expect((await ask('package_show', { id: 'rivers' })).result).toMatchObject({
        resources: [{ id, datastore_active: true }],
      })
      expect((await ask('datastore_search', { resource_id: 'river_rows' }, '')).result).toMatchObject({
        resource_id: id,
        total: 2,
      })
    })

    test('gives records only when asked, each with its _id', async () => {
      const id = await table({ fields: [{ id: 'n', type: 'int' }] })
      const plain = { resource_id: id, records: [{ n: 5 }] }
      expect(resultOf(await ask('datastore_create', plain))).not.toHaveProperty('records')
      const asked = { resource_id: id, records: [{ n: 7 }, { n: null }], include_records: true }
      expect((await ask('datastore_create', asked)).result).toMatchObject({
        records: [
          { _id: 2, n: 7 },
          { _id: 3, n: null },
        ],
      })
    })

    test('is for those who may update the dataset', async () => {
      const id = await table({ fields: [{ id: 'a' }] })
      for (const parameters of [{}, { resource_id: id }, { resource: { package_id: 'rivers' } }]) {
        expect(await ask('datastore_create', parameters, '')).toMatchObject({
          status: 403,
          error: { __type: 'Authorization Error' },
        })
      }
      expect((await ask('datastore_create', { resource_id: id }, store.tokens.bob)).status).toBe(403)
      expect(
        (await ask('datastore_create', { resource: { package_id: 'rivers' } }, store.tokens.bob)).status,
      ).toBe(403)
    })

    test('names what is wrong with its parameters', async () => {
      const id = await table({ fields: [{ id: 'a', type: 'int' }] })
      const wrong: [object, string][] = [
        [{}, 'resource_id'],
        [{ resource_id: id, resource: { package_id: 'rivers' } }, 'resource_id'],
        [{ resource: {} }, 'package_id'],
        [{ resource: 'rivers' }, 'resource'],
        [{ resource_id: id, fields: 'a' }, 'fields'],
        [{ resource_id: id, fields: [{ id: '_x' }] }, 'fields'],
        [{ resource_id: id, fields: [{ id: 'x"y' }] }, 'fields'],
        [{ resource_id: id, fields: [{ id: 'x' }, { id: 'x' }] }, 'fields'],
        [{ resource_id: id, fields: [{ id: 'x', type: 'money; drop table users' }] }, 'fields'],
        [{ resource_id: id, fields: [{ id: 'a', type: 'text' }] }, 'fields'],
        [{ resource_id: id, records: [{ a: 1, b: 2 }] }, 'records'],
        [{ resource_id: id, records: ['a'] }, 'records'],
        [{ resource_id: id, records: [{ a: 'one' }] }, 'records'],
        [{ resource_id: id, primary_key: ['nope'] }, 'primary_key'],
        [{ resource_id: id, indexes: ['nope'] }, 'indexes'],
        [{ resource_id: id, aliases: ['"; drop schema datastore'] }, 'aliases'],
        [{ resource_id: id, force: 'perhaps' }, 'force'],
      ]
      for (const [parameters, field] of wrong) {
        const answer = await ask('datastore_create', parameters)
        expect([parameters, answer.status, answer.error]).toEqual([
          parameters,
          409,
          { __type: 'Validation Error', [field]: [expect.any(String)] },
        ])
      }
      expect(await rowsOf(id)).toEqual([])
    })

    test('leaves nothing when it fails, not even the new resource', async () => {
      resultOf(await ask('package_create', { name: 'empty', owner_org: 'acme' }))
      const failed = await ask('datastore_create', {
        resource: { package_id: 'empty' },
        fields: [{ id: 'n', type: 'int' }],
        records: [{ n: 1 }, { n: 'two' }],
      })
      expect(failed).toMatchObject({ status: 409, error: { records: [expect.any(String)] } })
      expect((await ask('package_show', { id: 'empty' })).result).toMatchObject({ num_resources: 0 })
    })

    test('writes the tables of links and files only by force', async () => {
      resultOf(await ask('package_create', { name: 'links', owner_org: 'acme' }))
      const { id } = resultOf(
        await ask('resource_create', { package_id: 'links', url: 'https://example.org/x.csv' }),
      )
      const definition = { resource_id: id, fields: [{ id: 'a', type: 'int' }], primary_key: 'a' }
      const readOnly = { status: 409, error: { 'read-only': [expect.any(String)] } }
      expect(await ask('datastore_create', definition)).toMatchObject(readOnly)
      expect((await ask('datastore_create', { ...definition, force: true })).status).toBe(200)
      expect(await ask('datastore_upsert', { resource_id: id, records: [{ a: 1 }] })).toMatchObject(readOnly)
      expect(
        (await ask('datastore_upsert', { resource_id: id, records: [{ a: 1 }], force: 'true' })).status,
      ).toBe(200)
      expect(await ask('datastore_delete', { resource_id: id })).toMatchObject(readOnly)
      expect((await ask('datastore_delete', { resource_id: id, force: true })).status).toBe(200)
    })

    test('changes a table: new fields, other aliases, and fields that go', async () => {
      const id = await table({
        fields: [{ id: 'a', type: 'int' }, { id: 'b' }],
        records: [{ a: 1, b: 'x' }],
        aliases: ['old_name'],
      })
      resultOf(
        await ask('datastore_create', {
          resource_id: id,
          fields: [{ id: 'a' }, { id: 'c', type: 'bool' }],
          delete_fields: true,
          aliases: ['new_name'],
        }),
      )
      expect(await rowsOf('new_name')).toEqual([{ _id: 1, a: 1, c: null }])
      expect((await ask('datastore_search', { resource_id: 'old_name' })).status).toBe(404)
    })
  })

  test('datastore_active is the truth, whatever clients say', async () => {
    const id = await table({ fields: [{ id: 'a' }] })
    const show = async (): Promise<unknown> =>
      resultOf(await ask('resource_show', { id }))['datastore_active']
    resultOf(await ask('resource_update', { id, url_type: 'datastore', name: 'without the key' }))
    expect(await show()).toBe(true)
    resultOf(await ask('resource_patch', { id, datastore_active: false }))
    expect(await show()).toBe(true)
    resultOf(await ask('datastore_delete', { resource_id: id }))
    resultOf(await ask('resource_patch', { id, datastore_active: true }))
    expect(await show()).toBe(false)
    const { package_id } = resultOf(await ask('resource_show', { id }))
    const made = await ask('resource_create', {
      package_id,
      url: 'https://example.org',
      datastore_active: true,
    })
    expect(made.result).toMatchObject({ datastore_active: false })
  })

  describe('datastore_upsert', () => {
    test('updates, inserts, keeps what is not given and clears what is null', async () => {
      const id = await table(books)
      const records = [
        { book: 'annakarenina', author: 'bob' },
        { book: 'the boy', author: 'tolstoy' },
      ]
      expect(
        (await ask('datastore_upsert', { resource_id: id, records, include_records: true })).result,
      ).toEqual({
        resource_id: id,
        method: 'upsert',
        records: [
          {
            _id: 1,
            book: 'annakarenina',
            author: 'bob',
            published: '2005-03-01T00:00:00.000',
            characters: ['Princess Anna', 'Sergius'],
          },
          { _id: 3, book: 'the boy', author: 'tolstoy', published: null, characters: null },
        ],
      })
      resultOf(
        await ask('datastore_upsert', {
          resource_id: id,
          records: [{ book: 'annakarenina', characters: null }],
          method: 'update',
        }),
      )
      expect(await rowsOf(id, { filters: { _id: 1 } })).toMatchObject([{ author: 'bob', characters: null }])
      resultOf(await ask('datastore_upsert', { resource_id: id, records: [{ _id: 2, author: 'lev' }] }))
      expect(await rowsOf(id, { filters: { _id: 2 } })).toMatchObject([
        { book: 'warandpeace', author: 'lev' },
      ])
      resultOf(await ask('datastore_upsert', { resource_id: id, method: 'insert' }))
    })

    test('names what is wrong, and writes nothing then', async () => {
      const id = await table(books)
      const keyless = await table({ fields: [{ id: 'a' }] })
      const wrong: [object, string][] = [
        [{ resource_id: undefined, records: [] }, 'resource_id'],
        [{ records: [{ author: 'x' }] }, 'key'],
        [{ records: [{ book: 'new' }, { book: 'annakarenina', dummy: 1 }] }, 'records'],
        [{ records: [{ book: 'new' }, { book: 'other', published: 'never' }] }, 'records'],
        [{ records: [{ book: 'warandpeace' }, { book: 'nope' }], method: 'update' }, 'key'],
        [{ records: [{ book: 'warandpeace' }], method: 'insert' }, 'records'],
        [{ records: {} }, 'records'],
        [{ records: [], method: 'replace' }, 'method'],
        [{ resource_id: keyless, records: [{ a: 'x' }] }, 'table'],
      ]
      for (const [parameters, field] of wrong) {
        const answer = await ask('datastore_upsert', { resource_id: id, ...parameters })
        expect([parameters, answer.status, answer.error]).toEqual([
          parameters,
          409,
          { __type: 'Validation Error', [field]: [expect.any(String)] },
        ])
      }
      expect(await rowsOf(id, { fields: 'book', records_format: 'lists' })).toEqual([
        ['annakarenina'],
        ['warandpeace'],
      ])
      expect((await ask('datastore_upsert', { records: [] })).error).toMatchObject({
        resource_id: ['Missing value'],
      })
      expect((await ask('datastore_upsert', { resource_id: id, records: [] }, '')).status).toBe(403)
      expect((await ask('datastore_upsert', { resource_id: id, records: [] }, store.tokens.bob)).status).toBe(
        403,
      )
    })

    test('on a dry run says what would happen and writes nothing', async () => {
      const id = await table({ fields: [{ id: 'n', type: 'int' }], primary_key: 'n' })
      const before = resultOf(await ask('resource_show', { id }))['last_modified']
      const dry = { resource_id: id, dry_run: true, include_records: true }
      expect((await ask('datastore_upsert', { ...dry, records: [{ n: 1 }, { n: 2 }] })).result).toMatchObject(
        {
          dry_run: true,
          records: [{ n: 1 }, { n: 2 }],
        },
      )
      expect(await rowsOf(id)).toEqual([])
      expect(resultOf(await ask('resource_show', { id }))['last_modified']).toBe(before)
      expect(await ask('datastore_upsert', { ...dry, records: [{ n: 'one' }] })).toMatchObject({
        status: 409,
        error: { records: [expect.any(String)] },
      })
    })
  })

  describe('datastore_delete', () => {
    test('without filters the table goes, with its aliases', async () => {
      const id = await table({ ...books, aliases: ['gone_rows'] })
      const before = resultOf(await ask('resource_show', { id }))['last_modified']
      expect((await ask('datastore_delete', { resource_id: id }, '')).status).toBe(403)
      expect((await ask('datastore_delete', { resource_id: id }, store.tokens.bob)).status).toBe(403)
      expect((await ask('datastore_delete', { resource_id: id })).result).toEqual({ resource_id: id })
      expect((await ask('datastore_search', { resource_id: id })).status).toBe(404)
      expect((await ask('datastore_search', { resource_id: 'gone_rows' })).status).toBe(404)
      expect((await ask('datastore_delete', { resource_id: id })).status).toBe(404)
      const shown = resultOf(await ask('resource_show', { id }))
      expect(shown).toMatchObject({ datastore_active: false })
      expect(shown['last_modified']).not.toBe(before)
    })

    test('with filters the rows go that fit all of them', async () => {
      const id = await table(books)
      const none = { author: 'tolstoy', book: 'bleak house' }
      expect((await ask('datastore_delete', { resource_id: id, filters: none })).status).toBe(200)
      expect(await rowsOf(id)).toHaveLength(2)
      const one = { author: 'tolstoy', book: 'warandpeace' }
      const answer = await ask('datastore_delete', {
        resource_id: id,
        filters: one,
        include_deleted_records: true,
      })
      expect(answer.result).toEqual({
        resource_id: id,
        filters: one,
        deleted_records: [
          { _id: 2, book: 'warandpeace', author: 'tolstoy', published: null, characters: null },
        ],
      })
      expect(await rowsOf(id)).toHaveLength(1)
      expect((await ask('datastore_delete', { resource_id: id, filters: {} })).status).toBe(200)
      expect(await rowsOf(id)).toEqual([])
    })

    test('refuses filters that are none, and touches nothing', async () => {
      const id = await table(books)
      for (const filters of [[], 'all', null, { nope: 1 }, { published: 'x' }]) {
        for (const action of ['datastore_delete', 'datastore_records_delete']) {
          const answer = await ask(action, { resource_id: id, filters })
          expect([filters, answer.status, answer.error]).toEqual([
            filters,
            409,
            { __type: 'Validation Error', filters: [expect.any(String)] },
          ])
        }
      }
      expect(await ask('datastore_records_delete', { resource_id: id })).toMatchObject({
        status: 409,
        error: { filters: ['Missing value'] },
      })
      expect(await rowsOf(id)).toHaveLength(2)
      expect(
        (await ask('datastore_records_delete', { resource_id: id, filters: { book: 'warandpeace' } })).status,
      ).toBe(200)
      expect(await rowsOf(id)).toHaveLength(1)
    })

    test('a table goes with its resource, and no other', async () => {
      const id = await table(books)
      const { package_id } = resultOf(await ask('resource_show', { id }))
      const made = await ask('datastore_create', {
        resource: { package_id },
        fields: [{ id: 'a' }],
        records: [{ a: 'x' }],
      })
      const other = String(resultOf(made)['resource_id'])
      expect((await ask('resource_delete', { id })).success).toBe(true)
      expect((await ask('datastore_search', { resource_id: id })).status).toBe(404)
      expect((await ask('datastore_upsert', { resource_id: id })).status).toBe(404)
      expect(await rowsOf(other)).toHaveLength(1)
    })

    test('tables go with their dataset, and are not there when it comes back', async () => {
      const id = await table(books)
      const { package_id } = resultOf(await ask('resource_show', { id }))
      expect((await ask('package_delete', { id: package_id })).success).toBe(true)
      expect((await ask('datastore_search', { resource_id: id })).status).toBe(404)
      expect((await ask('datastore_create', { resource_id: id, fields: [{ id: 'a' }] })).status).toBe(404)
      resultOf(await ask('package_patch', { id: package_id, state: 'active' }))
      expect((await ask('resource_show', { id })).result).toMatchObject({ datastore_active: false })
      expect((await ask('datastore_search', { resource_id: id })).status).toBe(404)
    })
  })
})
