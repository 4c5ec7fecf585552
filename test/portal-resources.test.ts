/** Files and links of datasets: uploaded, changed, downloaded and removed over HTTP, on each database. */
import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { signals } from '@aldis/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { fieldOf, recordOf } from './support/field-of.ts'
import { callApi, portalCaller, type ApiAnswer } from './support/portal-caller.ts'
import { callWithFile } from './support/portal-upload.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const CSV = 'id,name\n1,one\n'

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

/** The field `name` of the answer's result, as a text. */
function field({ result }: ApiAnswer, name: string): string {
  return String(fieldOf(result, name))
}

describeDatabases('resources', (database) => {
  const caller = portalCaller()
  let portal: ServedPortal
  const tokens = { ann: '', dora: '' }

  beforeAll(async () => {
    portal = await servePortal({ database: await database.settings(), plugins: [caller.definition] })
    tokens.ann = await caller.userWithToken({ name: 'ann' })
    tokens.dora = await caller.userWithToken({ name: 'dora' })
    await caller.call('organization_create', { name: 'acme' })
    await caller.call('organization_member_create', { id: 'acme', username: 'ann', role: 'editor' })
    await ask('package_create', { name: 'open', owner_org: 'acme' })
    await ask('package_create', { name: 'closed', owner_org: 'acme', private: true })
  })

  afterAll(() => portal[Symbol.asyncDispose]())

  const ask = (action: string, parameters: object, token = tokens.ann): Promise<ApiAnswer> =>
    callApi(portal.url, action, parameters, token)

  const send = (
    action: string,
    fields: Record<string, string>,
    file: { content: string; name: string },
    token = tokens.ann,
  ): Promise<ApiAnswer> => callWithFile(portal.url, action, fields, file, token)

  const upload = (dataset = 'open', name = 'rivers.csv', content = CSV): Promise<ApiAnswer> =>
    send('resource_create', { package_id: dataset, name: 'Rivers' }, { content, name })

  /** The ids of the files that are kept. */
  async function files(): Promise<readonly string[]> {
    const found = await readdir(join(portal.folder, 'files', 'resources'), {
      recursive: true,
      withFileTypes: true,
    }).catch(() => [])
    return found.filter((entry) => entry.isFile()).map((entry) => entry.name)
  }

  test('an uploaded file becomes a resource (A04) that everyone can download (A14)', async () => {
    const made = await upload()
    expect(made).toMatchObject({
      status: 200,
      result: {
        name: 'Rivers',
        url_type: 'upload',
        size: 14,
        mimetype: 'text/csv',
        format: 'CSV',
        hash: matching(/^[\da-f]{64}$/),
        last_modified: matching(/^\d{4}-/),
      },
    })
    const url = field(made, 'url')
    expect(url).toBe(
      `${portal.url}/dataset/${field(made, 'package_id')}/resource/${field(made, 'id')}/download/rivers.csv`,
    )
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(CSV)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-length': '14',
      'content-disposition': 'attachment; filename="rivers.csv"',
      'x-content-type-options': 'nosniff',
      'content-security-policy': matching(/^sandbox/),
      'accept-ranges': 'bytes',
      etag: `"${field(made, 'hash')}"`,
    })
    for (const path of [url.replace(/\/rivers.csv$/, ''), url.replace('rivers.csv', 'anything.html')]) {
      expect(await (await fetch(path)).text()).toBe(CSV)
    }
    // Those with a cookie have routes of their own.
    const withCookie = await fetch(url, { headers: { cookie: 'aldis_session=nobody' } })
    expect(await withCookie.text()).toBe(CSV)
    const byName = url.replace(field(made, 'package_id'), 'open')
    expect(await (await fetch(byName)).text()).toBe(CSV)
  })

  test('a format is stored as it is spelled, however it was given', async () => {
    const link = { package_id: 'open', url: 'https://example.org/x' }
    expect(await ask('resource_create', { ...link, format: 'csv' })).toMatchObject({
      result: { format: 'CSV' },
    })
    expect(await upload('open', 'map.geojson', '{}')).toMatchObject({ result: { format: 'GeoJSON' } })
  })

  test('a part of a file, and a file that is known already, are not sent as a whole', async () => {
    const made = await upload()
    const get = (headers: Record<string, string>, method = 'GET'): Promise<Response> =>
      fetch(field(made, 'url'), { method, headers })

    const part = await get({ range: 'bytes=3-6' })
    expect(part.status).toBe(206)
    expect(part.headers.get('content-range')).toBe('bytes 3-6/14')
    expect(part.headers.get('content-length')).toBe('4')
    expect(await part.text()).toBe('name')

    const beyond = await get({ range: 'bytes=14-' })
    expect(beyond.status).toBe(416)
    expect(beyond.headers.get('content-range')).toBe('bytes */14')

    const etag = part.headers.get('etag') ?? ''
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const fresh = await get({ 'if-none-match': known })
      expect(fresh.status).toBe(304)
      expect(await fresh.text()).toBe('')
    }
    expect((await get({ 'if-none-match': '"x"' })).status).toBe(200)
    expect((await get({ range: 'bytes=0-1', 'if-range': etag })).status).toBe(206)
    expect((await get({ range: 'bytes=0-1', 'if-range': '"x"' })).status).toBe(200)

    const head = await get({}, 'HEAD')
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe('14')
  })

  test('resource_download is sent for the bytes of files, once, before the first of them', async () => {
    const made = await upload()
    const link = await ask('resource_create', { package_id: 'open', url: 'https://example.org/x.csv' })
    const closed = await upload('closed')
    const heard: unknown[] = []
    using _heard = signals.resourceDownload.connectedTo((sender) => void heard.push(sender))
    const url = field(made, 'url')

    await (await fetch(url)).text()
    expect(heard).toEqual([field(made, 'id')])
    await (await fetch(url, { headers: { range: 'bytes=0-1' } })).text()
    expect(heard).toHaveLength(2)

    const { origin } = new URL(url)
    await fetch(url, { method: 'HEAD' })
    await fetch(url, { headers: { 'if-none-match': '*' } })
    await fetch(field(closed, 'url'))
    await fetch(`${origin}/dataset/open/resource/${randomUUID()}/download`)
    await fetch(`${origin}/dataset/open/resource/${field(link, 'id')}/download`, { redirect: 'manual' })
    expect(heard).toHaveLength(2)
  })

  test('a receiver of resource_download that throws is reported, and the file is sent', async () => {
    const made = await upload()
    const before = portal.failures.length
    using _broken = signals.resourceDownload.connectedTo(() => {
      throw new Error('no such luck')
    })
    expect(await (await fetch(field(made, 'url'))).text()).toBe(CSV)
    expect(portal.failures.slice(before)).toMatchObject([{ error: { message: 'no such luck' } }])
  })

  test('a private file is for those who may read its dataset', async () => {
    const url = field(await upload('closed'), 'url')
    expect((await fetch(url)).status).toBe(403)
    expect((await fetch(url, { headers: { authorization: tokens.dora } })).status).toBe(403)
    const own = await fetch(url, { headers: { authorization: tokens.ann } })
    expect(own.status).toBe(200)
    expect(own.headers.get('cache-control')).toBe('private, no-cache')
    expect(await own.text()).toBe(CSV)
  })

  test('what is not there is 404: rows, files, and resources of other datasets', async () => {
    const made = await upload()
    const url = field(made, 'url')
    const other = await ask('package_create', { name: `other-${randomUUID().slice(0, 8)}` })
    for (const path of [
      `/dataset/open/resource/${randomUUID()}/download`,
      '/dataset/open/resource/nothing/download/x',
      `/dataset/closed/resource/${field(made, 'id')}/download`,
      `/dataset/${field(other, 'id')}/resource/${field(made, 'id')}/download/rivers.csv`,
      `/dataset/%00/resource/${field(made, 'id')}/download/rivers.csv`,
    ]) {
      expect([path, (await fetch(portal.url + path)).status]).toEqual([path, 404])
    }
    await rm(join(portal.folder, 'files', 'resources'), { recursive: true })
    expect((await fetch(url)).status).toBe(404)
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(404)
  })

  test('a link leads to where it points, when a browser may go there', async () => {
    const download = async (url: string): Promise<Response> => {
      const made = await ask('resource_create', { package_id: 'open', url })
      return fetch(`${portal.url}/dataset/open/resource/${field(made, 'id')}/download`, {
        redirect: 'manual',
      })
    }
    const found = await download('https://example.org/a b.csv')
    expect(found.status).toBe(302)
    expect(found.headers.get('location')).toBe('https://example.org/a%20b.csv')
    expect((await download('ftp://example.org/a.csv')).status).toBe(404)
    expect((await download('a.csv')).status).toBe(404)
    for (const url of ['javascript:alert(1)', ' JavaScript:alert(1)', 'data:text/html,x', 'java\tscript:x']) {
      expect(await ask('resource_create', { package_id: 'open', url })).toMatchObject({
        status: 409,
        error: { url: ['Must be a link to a place'] },
      })
    }
  })

  describe('a change', () => {
    test('without a file keeps the file, and with another replaces it', async () => {
      await ask('package_create', { name: 'changing', owner_org: 'acme' })
      const made = await upload('changing')
      const id = field(made, 'id')
      const url = field(made, 'url')
      const kept = await files()

      expect(await ask('resource_patch', { id, description: 'All' })).toMatchObject({
        result: { url, url_type: 'upload', size: 14, description: 'All', name: 'Rivers' },
      })
      expect(await ask('resource_update', { id, name: 'Only a name' })).toMatchObject({
        result: { url, url_type: 'upload', size: 14, description: null },
      })
      const shown = await ask('package_show', { id: 'changing' })
      const update = { ...recordOf(shown.result), notes: 'new' }
      expect(await ask('package_update', update)).toMatchObject({
        result: { resources: [{ url, size: 14 }] },
      })
      expect((await files()).toSorted()).toEqual(kept.toSorted())

      const replaced = await send(
        'resource_update',
        { id },
        { content: '{"a": 1}', name: 'Flüsse & Co.json' },
      )
      expect(replaced).toMatchObject({
        result: {
          id,
          url: url.replace('rivers.csv', 'Fl%C3%BCsse%20%26%20Co.json'),
          size: 8,
          format: 'JSON',
          mimetype: 'application/json',
        },
      })
      const response = await fetch(field(replaced, 'url'))
      expect(await response.text()).toBe('{"a": 1}')
      expect(response.headers.get('content-disposition')).toContain(
        `filename*=UTF-8''Fl%C3%BCsse%20%26%20Co.json`,
      )
      expect(await files()).toHaveLength(kept.length)

      expect(await ask('resource_patch', { id, url: 'https://example.org/x.csv' })).toMatchObject({
        result: { url: 'https://example.org/x.csv', url_type: null, size: 8 },
      })
      expect(await files()).toHaveLength(kept.length - 1)
    })

    test('that fails leaves no file behind', async () => {
      const before = await files()
      const failing = await send(
        'resource_create',
        { package_id: 'open', url_type: '\0' },
        { content: 'x', name: 'x.csv' },
      )
      expect(failing).toMatchObject({ status: 409 })
      const missing = await send(
        'resource_create',
        { package_id: 'nowhere' },
        { content: 'x', name: 'x.csv' },
      )
      expect(missing).toMatchObject({ status: 404 })
      const refused = await send(
        'resource_create',
        { package_id: 'open' },
        { content: 'x', name: 'x.csv' },
        tokens.dora,
      )
      expect(refused).toMatchObject({ status: 403 })
      expect(await files()).toEqual(before)
    })

    test('that deletes takes the file away, and a deleted dataset keeps its files until it comes back', async () => {
      const made = await ask('package_create', { name: 'leaving', owner_org: 'acme' })
      const first = await upload('leaving')
      const second = await upload('leaving', 'second.csv')
      const before = await files()

      await ask('resource_delete', { id: field(first, 'id') })
      expect((await fetch(field(first, 'url'))).status).toBe(404)
      expect(await files()).toHaveLength(before.length - 1)

      await ask('package_delete', { id: 'leaving' })
      expect((await fetch(field(second, 'url'))).status).toBe(404)
      expect(await files()).toHaveLength(before.length - 1)

      await ask('package_patch', { id: field(made, 'id'), state: 'active' })
      expect(await (await fetch(field(second, 'url'))).text()).toBe(CSV)
    })
  })

  test.each([
    ['../../../etc/passwd', 'passwd'],
    ['..\\..\\windows\\system.ini', 'system.ini'],
    ['..', 'file'],
    ['a/../../b.csv', 'b.csv'],
    ['%2e%2e%2fx.csv', '%252e%252e%252fx.csv'],
  ])('a file that calls itself %j cannot leave its place', async (name, kept) => {
    const made = await upload('open', name)
    expect(field(made, 'url')).toMatch(new RegExp(`/download/${kept.replaceAll('.', '\\.')}$`))
    expect((await fetch(field(made, 'url'))).status).toBe(200)
    for (const file of await files()) expect(file).toMatch(/^[\da-f-]{30}$/)
  })

  test('resources are listed in the order that the dataset is given, and get positions', async () => {
    await ask('package_create', {
      name: 'ordered',
      resources: [
        { url: 'a', name: 'a' },
        { url: 'b', name: 'b' },
      ],
    })
    const shown = await ask('package_show', { id: 'ordered' })
    const resources = fieldOf(shown.result, 'resources')
    const turned = Array.isArray(resources) ? resources.toReversed() : []
    expect(await ask('package_patch', { id: 'ordered', resources: turned })).toMatchObject({
      result: {
        num_resources: 2,
        resources: [
          { name: 'b', position: 0 },
          { name: 'a', position: 1 },
        ],
      },
    })
  })

  test('what is wrong with one of several resources is told at its place', async () => {
    expect(
      await ask('package_create', { name: 'wrong', resources: [{ url: 'a' }, { name: 'b' }] }),
    ).toMatchObject({
      status: 409,
      error: { __type: 'Validation Error', resources: [{}, { url: ['Missing value'] }] },
    })
    expect(await ask('resource_create', { package_id: 'open', name: 'b' })).toMatchObject({
      status: 409,
      error: { __type: 'Validation Error', url: ['Missing value'] },
    })
    expect(await ask('resource_create', { url: 'a' })).toMatchObject({
      status: 409,
      error: { package_id: ['Missing value'] },
    })
    expect(await ask('resource_create', { package_id: 'open', upload: 'text' })).toMatchObject({
      error: { upload: ['Must be a file'] },
    })
    expect(await ask('resource_create', { package_id: 'open', url: 'a', id: randomUUID() })).toMatchObject({
      error: { id: ['The input field id was not expected.'] },
    })
    expect(await ask('resource_create', { package_id: 'open', url: 'a', size: 'big' })).toMatchObject({
      error: { size: ['Invalid integer'] },
    })
    expect(await ask('resource_create', { package_id: 'open', url: 'a', deep: { x: ['\0'] } })).toMatchObject(
      {
        status: 409,
      },
    )
  })
})
