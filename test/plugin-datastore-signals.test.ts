/** The two signals of the datastore: what is sent, when, and what is not. */
import { signals } from '@aldis/core'
import { transaction } from '@aldis/models'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { datastorePortal, resultOf, type DatastorePortal } from './support/datastore-portal.ts'

/** What was heard, in order: the signal, the delivery, the resource and the payload. */
type Heard = [signal: string, id: string, payload: unknown]

describeDatabases('the signals of the datastore', (database) => {
  let store: DatastorePortal
  const committed: Heard[] = []
  const inside: Heard[] = []
  let throws = false
  const connections = new DisposableStack()
  const ask: DatastorePortal['ask'] = (...call) => store.ask(...call)

  const listener = {
    getSignalSubscriptions: () => {
      const { datastoreUpsert, datastoreDelete } = signals
      return [
        [
          datastoreUpsert,
          [
            {
              receiver: (id: string, payload: unknown) => void committed.push(['upsert', id, payload]),
              id: 'upsert',
            },
          ],
        ],
        [
          datastoreDelete,
          [
            {
              receiver: (id: string, payload: unknown) => void committed.push(['delete', id, payload]),
              id: 'delete',
            },
          ],
        ],
      ] as const
    },
  }

  beforeAll(async () => {
    store = await datastorePortal(await database.settings(), {
      plugins: [{ name: 'listener', plugin: listener }],
    })
    connections.use(
      signals.datastoreUpsert.connect((id, payload) => {
        inside.push(['upsert', id, payload])
        if (throws) throw new Error('a receiver that throws')
      }),
    )
    connections.use(
      signals.datastoreDelete.connect((id, payload) => {
        inside.push(['delete', id, payload])
        if (throws) throw new Error('a receiver that throws')
      }),
    )
  })
  afterAll(async () => {
    connections.dispose()
    await store[Symbol.asyncDispose]()
  })
  beforeEach(() => {
    committed.length = 0
    inside.length = 0
    throws = false
  })

  const books = {
    fields: [
      { id: 'book', type: 'text' },
      { id: 'pages', type: 'int' },
    ],
    primary_key: ['book'],
  }
  const filled = async (): Promise<string> => {
    const records = [
      { book: 'a', pages: 1 },
      { book: 'b', pages: 2 },
    ]
    const id = await store.table({ ...books, records })
    expect(committed).toEqual([['upsert', id, { method: 'insert', records, count: 2 }]])
    committed.length = 0
    inside.length = 0
    return id
  }

  test('a table that is made without rows sends nothing, one with rows an insert', async () => {
    await store.table(books)
    expect(committed).toEqual([])
    await filled()
  })

  test('each method of datastore_upsert is told with its records and their number', async () => {
    const id = await filled()
    for (const [method, book] of [
      ['upsert', 'a'],
      ['insert', 'c'],
      ['update', 'b'],
    ] as const) {
      resultOf(await ask('datastore_upsert', { resource_id: id, method, records: [{ book }] }))
      expect(committed).toEqual([['upsert', id, { method, records: [{ book }], count: 1 }]])
      expect(inside).toEqual(committed)
      committed.length = 0
      inside.length = 0
    }
  })

  test('a dry run, an upsert of nothing, and one that is refused send nothing', async () => {
    const id = await filled()
    const silent = [
      { records: [{ book: 'c' }], dry_run: true },
      { records: [] },
      { records: [{ book: 'c' }, { book: 'd', pages: 'many' }] },
      { records: [{ book: 'c', dummy: 1 }] },
      { records: [{ book: 'c' }], method: 'update' },
    ]
    for (const parameters of silent) await ask('datastore_upsert', { resource_id: id, ...parameters })
    await ask('datastore_upsert', { resource_id: id, records: [{ book: 'c' }] }, '')
    await ask('datastore_create', { resource_id: id, records: [{ book: 'c' }, { book: 'a' }] })
    expect(inside).toEqual([])
    expect(committed).toEqual([])
  })

  test('of many records a thousand travel, and all are counted', async () => {
    const id = await store.table(books)
    const records = Array.from({ length: 1500 }, (_, index) => ({ book: `book ${index}` }))
    resultOf(await ask('datastore_upsert', { resource_id: id, records, method: 'insert' }))
    expect(committed).toEqual([
      ['upsert', id, { method: 'insert', records: records.slice(0, 1000), count: 1500 }],
    ])
  })

  test('rows that go are told with what chose them; none that go, nothing', async () => {
    const id = await filled()
    const filters = { pages: { gt: 1 } }
    resultOf(await ask('datastore_delete', { resource_id: id, filters: { book: 'nope' } }))
    expect(committed).toEqual([])
    resultOf(await ask('datastore_delete', { resource_id: id, filters, include_deleted_records: true }))
    resultOf(await ask('datastore_records_delete', { resource_id: id, filters: {} }))
    expect(committed).toEqual([
      ['delete', id, { reason: 'datastore_delete', filters, deletedCount: 1, tableDropped: false }],
      [
        'delete',
        id,
        { reason: 'datastore_records_delete', filters: {}, deletedCount: 1, tableDropped: false },
      ],
    ])
    expect(inside).toEqual(committed)
  })

  test('a table that goes is told, whatever took it', async () => {
    const whole = await filled()
    resultOf(await ask('datastore_delete', { resource_id: whole }))
    const gone = { filters: null, deletedCount: 2, tableDropped: true }
    expect(committed).toEqual([['delete', whole, { reason: 'datastore_delete', ...gone }]])

    committed.length = 0
    const withResource = await filled()
    await ask('resource_delete', { id: withResource })
    expect(committed).toEqual([['delete', withResource, { reason: 'resource_delete', ...gone }]])

    committed.length = 0
    const withoutMention = await filled()
    const { package_id } = resultOf(await ask('resource_show', { id: withoutMention }))
    resultOf(await ask('package_patch', { id: package_id, resources: [] }))
    expect(committed).toEqual([['delete', withoutMention, { reason: 'resource_delete', ...gone }]])

    committed.length = 0
    const withDataset = await filled()
    const dataset = resultOf(await ask('resource_show', { id: withDataset }))['package_id']
    await ask('package_delete', { id: dataset })
    expect(committed).toEqual([['delete', withDataset, { reason: 'resource_delete', ...gone }]])
    expect(inside).toEqual(committed)
  })

  test('what is rolled back is never told after the commit that did not come', async () => {
    const id = await filled()
    const failing = transaction(async () => {
      await store.caller.call('datastore_upsert', { resource_id: id, records: [{ book: 'z' }] })
      await store.caller.call('datastore_delete', { resource_id: id })
      expect(inside.map(([signal]) => signal)).toEqual(['upsert', 'delete'])
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(committed).toEqual([])
    expect((await ask('datastore_search', { resource_id: id })).result).toMatchObject({ total: 2 })
  })

  test('a refusal that its caller catches spoils nothing of what the caller does', async () => {
    const id = await filled()
    await transaction(async () => {
      const refused = store.caller.call('datastore_upsert', {
        resource_id: id,
        records: [{ book: 'z', pages: 'many' }],
      })
      await expect(refused).rejects.toMatchObject({ code: 'PORTAL_VALIDATION' })
      await store.caller.call('datastore_upsert', { resource_id: id, records: [{ book: 'z', pages: 3 }] })
    })
    expect(committed).toEqual([
      ['upsert', id, { method: 'upsert', records: [{ book: 'z', pages: 3 }], count: 1 }],
    ])
  })

  test('receivers that throw break no request', async () => {
    const id = await filled()
    throws = true
    expect((await ask('datastore_upsert', { resource_id: id, records: [{ book: 'z' }] })).success).toBe(true)
    expect((await ask('datastore_delete', { resource_id: id, filters: { book: 'z' } })).success).toBe(true)
    expect((await ask('resource_delete', { id })).success).toBe(true)
    expect(committed.map(([signal]) => signal)).toEqual(['upsert', 'delete', 'delete'])
  })
})
