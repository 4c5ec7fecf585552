/** Files become tables: uploads of CSV, what takes their place, the preview on the page, and dumps. */
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'

import { signals } from '@aldis/core'
import { em } from '@aldis/models'
import { Portal } from '@aldis/portal'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { datastorePortal, resultOf, type DatastorePortal } from './support/datastore-portal.ts'

describeDatabases('files in the datastore', (database) => {
  let store: DatastorePortal
  const heard: unknown[] = []
  const connections = new DisposableStack()
  const ask: DatastorePortal['ask'] = (...call) => store.ask(...call)
  const rowsOf = async (id: string, search: object = {}): Promise<unknown> =>
    resultOf(await ask('datastore_search', { resource_id: id, ...search }))['records']
  const show = async (id: string): Promise<Record<string, unknown>> =>
    resultOf(await ask('resource_show', { id }))
  const get = async (path: string): Promise<{ status: number; type: string | null; text: string }> => {
    const response = await fetch(`${store.portal.url}${path}`)
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text: await response.text(),
    }
  }

  beforeAll(async () => {
    store = await datastorePortal(await database.settings(), {
      settings: { maxRows: 12_000, maxBytes: 200_000 },
    })
    connections.use(
      signals.datastoreUpsert.connect((id, { method, records, count }) => {
        heard.push([id, method, records.length, count])
      }),
    )
    connections.use(
      signals.datastoreDelete.connect(
        (id, { reason, deletedCount }) => void heard.push([id, reason, deletedCount]),
      ),
    )
  })
  afterAll(async () => {
    connections.dispose()
    await store[Symbol.asyncDispose]()
  })
  beforeEach(() => void heard.splice(0))

  test('an upload of CSV is a table when the answer comes', async () => {
    const { id } = await store.upload('city;people;founded\nOslo;709037;1048-01-01\n"Bergen";;1070-01-01\n')
    expect((await ask('datastore_search', { resource_id: id }, '')).result).toMatchObject({
      fields: [
        { id: '_id', type: 'int' },
        { id: 'city', type: 'text' },
        { id: 'people', type: 'int4' },
        { id: 'founded', type: 'date' },
      ],
      records: [
        { _id: 1, city: 'Oslo', people: 709037, founded: '1048-01-01' },
        { _id: 2, city: 'Bergen', people: null, founded: '1070-01-01' },
      ],
    })
    expect(await show(id)).toMatchObject({ datastore_active: true, url_type: 'upload', format: 'CSV' })
    expect(heard).toEqual([[id, 'insert', 0, 2]])
    const tabs = await store.upload('a\tb\n1\t2\n', { filename: 'x.tsv' })
    expect(await rowsOf(tabs.id)).toEqual([{ _id: 1, a: 1, b: 2 }])
  })

  test('another file replaces all rows, and keeps the aliases and what is said of fields', async () => {
    const { id } = await store.upload('a,b\n1,2\n')
    resultOf(
      await ask('datastore_create', {
        resource_id: id,
        force: true,
        fields: [{ id: 'a', info: { label: 'A' } }],
        aliases: ['file_rows'],
      }),
    )
    heard.length = 0
    await store.upload('a,c\nx,3\ny,4\n', { resource: id })
    expect(await rowsOf('file_rows')).toEqual([
      { _id: 1, a: 'x', c: 3 },
      { _id: 2, a: 'y', c: 4 },
    ])
    expect((await ask('datastore_info', { id })).result).toMatchObject({
      fields: [{ id: 'a', info: { label: 'A' } }, { id: 'c' }],
    })
    expect(heard).toEqual([
      [id, 'resource_update', 1],
      [id, 'insert', 0, 2],
    ])
  })

  test('a change of the description alone loads nothing', async () => {
    const { id } = await store.upload('a\n1\n')
    heard.length = 0
    resultOf(await ask('resource_patch', { id, description: 'numbers' }))
    expect(heard).toEqual([])
    expect(await rowsOf(id)).toHaveLength(1)
    expect(await show(id)).toMatchObject({ datastore_active: true })
  })

  test('the table goes when a link, or a file that is no table, takes the place of the file', async () => {
    const first = await store.upload('a\n1\n')
    resultOf(
      await ask('resource_update', { id: first.id, url: 'https://example.org/rows.csv', url_type: null }),
    )
    expect((await ask('datastore_search', { resource_id: first.id })).status).toBe(404)
    expect(await show(first.id)).toMatchObject({ datastore_active: false, url_type: null })
    expect(heard).toEqual([
      [first.id, 'insert', 0, 1],
      [first.id, 'resource_update', 1],
    ])

    const second = await store.upload('a\n1\n')
    await store.upload('no table', { resource: second.id, filename: 'notes.txt' })
    expect((await ask('datastore_search', { resource_id: second.id })).status).toBe(404)
    expect(await show(second.id)).toMatchObject({ datastore_active: false, format: 'TXT' })
  })

  test('a file that is too long, too large, no CSV or not in UTF-8 breaks no upload, and the resource says why', async () => {
    const wrong: [string | Uint8Array<ArrayBuffer>, RegExp][] = [
      [Uint8Array.from(Buffer.from('name,town\nJos\xE9,M\xFCnchen\n', 'latin1')), /not in UTF-8/],
      [`a\n${'1\n'.repeat(12_001)}`, /more than 12000 rows/],
      [`a\n${'x'.repeat(200_001)}\n`, /more than 200000 bytes/],
      ['', /empty/],
    ]
    for (const [content, reason] of wrong) {
      const { id } = await store.upload(content)
      expect(await show(id)).toMatchObject({
        datastore_active: false,
        datastore_error: expect.stringMatching(reason) as unknown,
      })
      expect((await ask('datastore_search', { resource_id: id })).status).toBe(404)
    }
    const { id } = await store.upload('a\n1\n')
    await store.upload('', { resource: id })
    expect(await show(id)).toMatchObject({
      datastore_active: false,
      datastore_error: expect.any(String) as unknown,
    })
    await store.upload('a\n2\n', { resource: id })
    expect(await show(id)).toMatchObject({ datastore_active: true })
    expect(await show(id)).not.toHaveProperty('datastore_error')
    expect(await rowsOf(id)).toEqual([{ _id: 1, a: 2 }])
    expect(
      store.portal.logger.lines.filter(({ message }) => message?.startsWith('a file was not loaded')),
    ).toHaveLength(5)
  })

  test('many batches are one table, and a dump gives all of it', async () => {
    const { id } = await store.upload(
      `n,text\n${Array.from({ length: 11_000 }, (_, n) => `${n},"a ""b"", c"`).join('\n')}`,
    )
    expect(
      (await ask('datastore_search', { resource_id: id, limit: 1, sort: 'n desc' })).result,
    ).toMatchObject({
      total: 11_000,
      records: [{ _id: 11_000, n: 10_999, text: 'a "b", c' }],
    })
    const csv = await get(`/datastore/dump/${id}`)
    expect(csv).toMatchObject({ status: 200, type: 'text/csv; charset=utf-8' })
    const lines = csv.text.trimEnd().split('\n')
    expect(lines).toHaveLength(11_001)
    expect(lines.slice(0, 2)).toEqual(['_id,n,text', '1,0,"a ""b"", c"'])
    const json: unknown = JSON.parse((await get(`/datastore/dump/${id}?format=json`)).text)
    expect(json).toMatchObject({ fields: [{ id: '_id', type: 'int' }, { id: 'n' }, { id: 'text' }] })
    expect(json).toHaveProperty('records.10999', [11_000, 10_999, 'a "b", c'])
    expect((await get(`/datastore/dump/${id}?format=tsv`)).text).toMatch(/^_id\tn\ttext\n/)
    resultOf(await ask('datastore_create', { resource_id: id, force: true, aliases: 'All Rows' }))
    expect((await get('/datastore/dump/All%20Rows')).text).toBe(csv.text)
    expect((await get(`/datastore/dump/${id}?format=xml`)).status).toBe(400)
    expect((await get('/datastore/dump/00000000-0000-4000-8000-000000000000')).status).toBe(404)
  })

  test('two files of one resource at once: the table is that of the file that stays', async () => {
    const { id } = await store.upload('a\n0\n')
    // Of two writers at once one may be refused: then it is the other's file that stays.
    await Promise.allSettled([1, 2, 3, 4].map((n) => store.upload(`a\n${n}\n`, { resource: id })))
    const { url } = await show(id)
    const file = await (await fetch(String(url))).text()
    await vi.waitFor(
      async () => {
        expect(await rowsOf(id)).toEqual([{ _id: 1, a: Number(file.split('\n')[1]) }])
      },
      { timeout: 10_000 },
    )
  })

  test('the page of the resource shows the first rows, escaped, and where the others are', async () => {
    const rows = Array.from({ length: 25 }, (_, n) => `${n},"<script>alert(${n})</script>"`)
    const { id, package_id } = await store.upload(`"<b>n</b>",text\n${rows.join('\n')}\n`)
    const { text } = await get(`/dataset/${String(package_id)}/resource/${id}`)
    expect(text).toContain('25 rows, of which these are the first 20.')
    expect(text).toContain('<th scope="col">&lt;b&gt;n&lt;/b&gt;</th>')
    expect(text).toContain('<td>&lt;script&gt;alert(19)&lt;/script&gt;</td>')
    expect(text).not.toContain('alert(20)')
    expect(text).not.toContain('<script>')
    expect(text).toContain(`href="/api/3/action/datastore_search?resource_id=${id}"`)
    expect(text).toContain(`href="/datastore/dump/${id}?format=csv"`)

    const broken = await store.upload('')
    const page = await get(`/dataset/${String(broken['package_id'])}/resource/${broken.id}`)
    expect(page.text).toContain('The file is no table: The table is empty')
  })

  test('the tables of files come back with their dataset', async () => {
    const { id, package_id } = await store.upload('a\n1\n')
    expect((await ask('package_delete', { id: package_id })).success).toBe(true)
    expect((await ask('datastore_search', { resource_id: id })).status).toBe(404)
    resultOf(await ask('package_patch', { id: package_id, state: 'active' }))
    expect(await rowsOf(id)).toEqual([{ _id: 1, a: 1 }])
    expect(await show(id)).toMatchObject({ datastore_active: true })
  })

  const loads = async (): Promise<readonly { readonly table_id: string }[]> =>
    (await sql<{ table_id: string }>`select table_id from datastore._load`.execute(em().getKysely())).rows

  const countOf = async (table: string): Promise<unknown> => {
    const counted = sql<{ n: number }>`select count(*)::int as n from ${sql.id('datastore', table)}`
    return (await counted.execute(em().getKysely())).rows[0]?.n
  }

  /** Upload a file of more rows than are written at once. Its load stops after the first of them until it may go on. */
  async function stoppedLoad(rows: number, options?: { resource: string }) {
    const { storage } = store.portal.host.resolve(Portal)
    const open = storage.open.bind(storage)
    const gate = Promise.withResolvers<void>()
    async function* inTwo(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of bytes) {
        yield chunk.subarray(0, -100)
        await gate.promise
        yield chunk.subarray(-100)
      }
    }
    vi.spyOn(storage, 'open').mockImplementation(async (...file) => {
      const opened = await open(...file)
      // Before there is a table to fill, the file is read for the types of its columns.
      if (opened === undefined || (await loads()).length === 0) return opened
      return { ...opened, stream: Readable.from(inTwo(opened.stream), { objectMode: false }) }
    })
    const content = `n\n${Array.from({ length: rows }, (_, n) => n).join('\n')}`
    const answer = store.upload(content, options)
    await vi.waitFor(
      async () => {
        const [load] = await loads()
        expect(load && (await countOf(load.table_id))).toBe(10_000)
      },
      { timeout: 10_000 },
    )
    return { answer, goOn: gate.resolve }
  }

  test('others get their turns while a file is loaded, and see no half of it', async () => {
    const { id } = await store.upload('n\nold\n')
    const rows = 11_500
    const totalOf = async (): Promise<unknown> =>
      resultOf(await ask('datastore_search', { resource_id: id, limit: 0 }))['total']
    const { answer, goOn } = await stoppedLoad(rows, { resource: id })
    expect(await totalOf()).toBe(1)

    goOn()
    const totals = new Set<unknown>()
    while (!totals.has(rows)) totals.add(await totalOf())
    await answer
    expect([1, rows]).toEqual(expect.arrayContaining([...totals]))
    expect(await loads()).toEqual([])
  })

  test('what a crash left of a load is dropped a day later', async () => {
    const old = randomUUID()
    const executor = em().getKysely()
    await sql`create table ${sql.id('datastore', old)} (_id int)`.execute(executor)
    await sql`insert into datastore._load values (${old}, now() - interval '2 days')`.execute(executor)
    await store.upload('a\n1\n')
    expect((await sql`select from pg_tables where tablename = ${old}`.execute(executor)).rows).toEqual([])
    expect(await loads()).toEqual([])
  })

  test('a plugin that leaves in the middle of a load leaves the whole table or none', async () => {
    const rows = 12_000
    const { answer, goOn } = await stoppedLoad(rows)
    const left = store.portal.host.unload('datastore')
    goOn()
    await left
    const { id } = await answer
    const { rows: tables } = await sql`select from pg_tables where tablename = ${id}`.execute(
      em().getKysely(),
    )
    if (tables.length > 0) expect(await countOf(id)).toBe(rows)
    expect(await loads()).toEqual([])
    expect((await ask('datastore_search', { resource_id: id })).status).toBe(400)
  })
})
