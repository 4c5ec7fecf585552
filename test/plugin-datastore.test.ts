/** The datastore's actions over HTTP, on each database. */
import DatastorePlugin from 'aldis-plugin-datastore'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { callApi, portalCaller, type ApiAnswer } from './support/portal-caller.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const field = (answer: ApiAnswer, name: string): unknown => {
  const { result } = answer
  return typeof result === 'object' && result !== null ? Reflect.get(result, name) : undefined
}

describeDatabases('the datastore', (database) => {
  const caller = portalCaller()
  let portal: ServedPortal
  const tokens = { ann: '', bob: '' }

  beforeAll(async () => {
    portal = await servePortal({
      database: await database.settings(),
      plugins: [
        caller.definition,
        {
          name: 'datastore',
          plugin: DatastorePlugin,
          version: '9.9.9',
          requires: { models: '*', portal: '*' },
        },
      ],
    })
    tokens.ann = await caller.userWithToken({ name: 'ann' })
    tokens.bob = await caller.userWithToken({ name: 'bob' })
    await caller.call('organization_create', { name: 'acme', title: 'Acme' })
    await caller.call('organization_member_create', { id: 'acme', username: 'ann', role: 'editor' })
    await ask('package_create', { name: 'rivers', owner_org: 'acme' })
  })

  afterAll(() => portal[Symbol.asyncDispose]())

  const ask = (action: string, parameters: object, token = tokens.ann): Promise<ApiAnswer> =>
    callApi(portal.url, action, parameters, token)

  test('the worked exchange of the reference', async () => {
    const made = await ask('datastore_create', {
      resource: { package_id: 'rivers' },
      fields: [{ id: 'a' }, { id: 'b' }],
      records: [
        { a: 1, b: 'xyz' },
        { a: 2, b: 'zzz' },
      ],
    })
    expect(made.error).toBeUndefined()
    const id = field(made, 'resource_id')
    expect(made.result).toEqual({
      resource_id: id,
      fields: [
        { id: 'a', type: 'int4' },
        { id: 'b', type: 'text' },
      ],
      method: 'insert',
    })
    const found = await ask('datastore_search', { resource_id: id, filters: { b: 'xyz' } }, '')
    expect(found.result).toEqual({
      resource_id: id,
      fields: [
        { id: '_id', type: 'int' },
        { id: 'a', type: 'int4' },
        { id: 'b', type: 'text' },
      ],
      records: [{ _id: 1, a: 1, b: 'xyz' }],
      total: 1,
      limit: 100,
      filters: { b: 'xyz' },
      include_total: true,
      records_format: 'objects',
    })
    expect((await ask('resource_show', { id })).result).toMatchObject({
      datastore_active: true,
      url_type: 'datastore',
    })
    expect(await ask('datastore_delete', { resource_id: id })).toMatchObject({
      status: 200,
      result: { resource_id: id },
    })
    expect((await ask('resource_show', { id })).result).toMatchObject({ datastore_active: false })
    expect(await ask('datastore_search', { resource_id: id })).toMatchObject({ status: 404 })
  })
})
