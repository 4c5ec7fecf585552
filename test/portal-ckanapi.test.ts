/** The portal as the Python client ckanapi sees it, end to end over HTTP. */
import { Portal } from '@aldis/portal'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { CkanapiError, RemoteCkan } from './support/ckanapi-client.ts'
import { describeDatabases } from './support/databases.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

/** What `call` raises, as Python code would match it. */
async function raised(call: Promise<unknown>): Promise<CkanapiError> {
  const error = await call.then(
    (value) => new Error(`It returned ${JSON.stringify(value)}.`),
    (thrown: unknown) => thrown,
  )
  if (error instanceof CkanapiError) return error
  throw error
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`${JSON.stringify(value)} is no object.`)
  return { ...value }
}

describeDatabases('ckanapi against the portal', (database) => {
  let portal: ServedPortal
  let admin: RemoteCkan
  let anonymous: RemoteCkan

  beforeAll(async () => {
    portal = await servePortal({ database: await database.settings() })
    const user = await portal.host.resolve(Portal).call(
      'user_create',
      {
        name: 'ada',
        email: 'ada@example.org',
        password: 'correct horse',
        sysadmin: true,
        with_apitoken: true,
      },
      { trusted: true },
    )
    admin = new RemoteCkan(portal.url, String(record(user)['token']))
    anonymous = new RemoteCkan(portal.url)
    await admin.call('organization_create', { name: 'acme', title: 'Acme' })
  })

  afterAll(async () => {
    await portal[Symbol.asyncDispose]()
  })

  test('status_show and site_read answer whoever asks', async () => {
    expect(await anonymous.call('status_show')).toMatchObject({ site_url: portal.url })
    expect(await anonymous.call('site_read')).toBe(true)
  })

  test('a dataset is made, shown, listed, found, changed and deleted', async () => {
    const made = record(
      await admin.call('package_create', {
        name: 'rivers',
        title: 'Rivers',
        owner_org: 'acme',
        notes: 'Lengths of rivers',
        tags: [{ name: 'water' }],
        extras: [{ key: 'spatial', value: 'EU' }],
      }),
    )
    expect(made).toMatchObject({
      name: 'rivers',
      state: 'active',
      type: 'dataset',
      num_tags: 1,
      private: false,
    })

    expect(await anonymous.call('package_show', { id: 'rivers' })).toMatchObject({
      id: made['id'],
      title: 'Rivers',
    })
    expect(await anonymous.call('package_list')).toEqual(['rivers'])
    expect(await anonymous.call('package_search', { q: 'lengths', rows: 5 })).toMatchObject({
      count: 1,
      results: [{ name: 'rivers' }],
    })
    const shown = record(await admin.call('package_show', { id: 'rivers' }))
    expect(await admin.call('package_update', { ...shown, title: 'Long rivers' })).toMatchObject({
      title: 'Long rivers',
      notes: 'Lengths of rivers',
    })
    expect(await admin.call('package_patch', { id: 'rivers', notes: 'In km' })).toMatchObject({
      title: 'Long rivers',
      notes: 'In km',
    })
    expect(await admin.call('package_delete', { id: 'rivers' })).toBeNull()
    expect(await anonymous.call('package_list')).toEqual([])
  })

  test('a file is uploaded as a multipart body and downloaded from its url', async () => {
    await admin.call('package_create', { name: 'lakes', owner_org: 'acme' })
    const upload = { field: 'upload', filename: 'lakes.csv', content: 'name,km2\nGarda,370\n' }
    const resource = record(
      await admin.call('resource_create', { package_id: 'lakes', name: 'Lakes', description: null }, [
        upload,
      ]),
    )
    expect(resource).toMatchObject({ url_type: 'upload', size: 19, mimetype: 'text/csv', format: 'CSV' })

    const download = await fetch(String(resource['url']))
    expect(download.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(await download.text()).toBe(upload.content)
    const changed = await admin.call('resource_patch', { id: resource['id'] }, [
      { ...upload, content: 'name\nComo\n' },
    ])
    expect(changed).toMatchObject({ size: 10 })
    expect(await admin.call('resource_delete', { id: resource['id'] })).toBeNull()
  })

  test('a client that only gets can read and cannot write', async () => {
    const reader = new RemoteCkan(portal.url, undefined, { getOnly: true })
    expect(await reader.call('package_search', { q: '', rows: 0 })).toMatchObject({ results: [] })
    expect((await raised(reader.call('package_create', { name: 'x' }))).kind).toBe('CKANAPIError')
  })

  test('each failure is raised as the class that Python code catches', async () => {
    expect(await raised(anonymous.call('package_show', { id: 'nowhere' }))).toMatchObject({
      kind: 'NotFound',
    })
    expect(await raised(anonymous.call('package_create', { name: 'x' }))).toMatchObject({
      kind: 'NotAuthorized',
      detail: { __type: 'Authorization Error' },
    })
    expect(await raised(admin.call('package_create', { owner_org: 'acme' }))).toMatchObject({
      kind: 'ValidationError',
      detail: { name: ['Missing value'] },
    })
    expect(await raised(admin.call('package_search', { rows: 'many' }))).toMatchObject({
      kind: 'SearchQueryError',
    })
    // An unknown action is answered with a bare string, and is no dictionary to ckanapi.
    expect(await raised(admin.call('make_coffee'))).toMatchObject({ kind: 'CKANAPIError' })
  })

  test('a token is made, used and taken back', async () => {
    const made = record(await admin.call('api_token_create', { user: 'ada', name: 'ci' }))
    const second = new RemoteCkan(portal.url, String(made['token']))
    expect(await second.call('user_show', { id: 'ada' })).toMatchObject({ email: 'ada@example.org' })
    expect(await admin.call('api_token_revoke', { jti: made['id'] })).toBeNull()

    expect((await raised(second.call('api_token_list', { user_id: 'ada' }))).kind).toBe('NotAuthorized')
  })
})
