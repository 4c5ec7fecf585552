/** Datasets through the action API, over HTTP, on each database. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { callApi, portalCaller, type ApiAnswer } from './support/portal-caller.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)
const TIME = matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/)
const UUID = matching(/^[\da-f]{8}-[\da-f-]{27}$/)

/** The field `name` of the answer's result. */
const field = (answer: ApiAnswer, name: string): unknown => {
  const { result } = answer
  return typeof result === 'object' && result !== null ? Reflect.get(result, name) : undefined
}

describeDatabases('datasets', (database) => {
  const caller = portalCaller()
  let portal: ServedPortal
  const tokens = { ann: '', bob: '', cleo: '', root: '' }

  beforeAll(async () => {
    portal = await servePortal({ database: await database.settings(), plugins: [caller.definition] })
    tokens.root = await caller.userWithToken({ name: 'root', sysadmin: true })
    tokens.ann = await caller.userWithToken({ name: 'ann' })
    tokens.bob = await caller.userWithToken({ name: 'bob' })
    tokens.cleo = await caller.userWithToken({ name: 'cleo' })
    await caller.call('organization_create', { name: 'acme', title: 'Acme' })
    await caller.call('organization_member_create', { id: 'acme', username: 'ann', role: 'editor' })
    await caller.call('organization_member_create', { id: 'acme', username: 'bob', role: 'member' })
  })

  afterAll(() => portal[Symbol.asyncDispose]())

  const ask = (action: string, parameters: object, token?: string): Promise<ApiAnswer> =>
    callApi(portal.url, action, parameters, token)

  test('package_create returns the dataset with all keys of CKAN', async () => {
    const made = await ask(
      'package_create',
      { name: 'rivers', owner_org: 'acme', notes: 'All of them' },
      tokens.ann,
    )
    expect(made).toMatchObject({ status: 200, success: true })
    expect(made.result).toEqual({
      id: UUID,
      name: 'rivers',
      title: 'rivers',
      notes: 'All of them',
      type: 'dataset',
      private: false,
      state: 'active',
      owner_org: UUID,
      creator_user_id: UUID,
      author: null,
      author_email: null,
      maintainer: null,
      maintainer_email: null,
      license_id: null,
      license_title: null,
      isopen: false,
      url: null,
      version: null,
      metadata_created: TIME,
      metadata_modified: TIME,
      num_resources: 0,
      num_tags: 0,
      resources: [],
      tags: [],
      extras: [],
      groups: [],
      relationships_as_subject: [],
      relationships_as_object: [],
      organization: {
        id: field(made, 'owner_org'),
        name: 'acme',
        title: 'Acme',
        description: null,
        type: 'organization',
        is_organization: true,
        approval_status: 'approved',
        image_url: '',
        state: 'active',
        created: TIME,
      },
    })
    expect((await ask('package_show', { id: 'rivers' })).result).toEqual(made.result)
    expect((await ask('package_show', { id: field(made, 'id') })).result).toEqual(made.result)
  })

  test('resources come and go by their own actions', async () => {
    await ask('package_create', { name: 'lakes', owner_org: 'acme' }, tokens.ann)
    const made = await ask(
      'resource_create',
      { package_id: 'lakes', url: 'https://example.org/lakes.csv', name: 'All', depth: { unit: 'm' } },
      tokens.ann,
    )
    expect(made.result).toEqual({
      id: UUID,
      package_id: UUID,
      position: 0,
      state: 'active',
      name: 'All',
      description: null,
      url: 'https://example.org/lakes.csv',
      url_type: null,
      format: 'CSV',
      mimetype: 'text/csv',
      mimetype_inner: null,
      resource_type: null,
      cache_url: null,
      cache_last_updated: null,
      size: null,
      hash: '',
      created: TIME,
      metadata_modified: TIME,
      last_modified: null,
      depth: { unit: 'm' },
    })
    const id = field(made, 'id')
    expect((await ask('resource_show', { id })).result).toEqual(made.result)
    expect(await ask('resource_patch', { id, name: 'Most' }, tokens.ann)).toMatchObject({
      result: { id, name: 'Most', depth: { unit: 'm' } },
    })
    expect(await ask('resource_update', { id, url: 'https://example.org/x.json' }, tokens.ann)).toMatchObject(
      { result: { id, name: null, format: 'JSON' } },
    )
    expect(await ask('resource_delete', { id }, tokens.ann)).toMatchObject({ status: 200, result: null })
    expect(await ask('resource_show', { id })).toMatchObject({ status: 404 })
    expect(await ask('package_show', { id: 'lakes' })).toMatchObject({ result: { num_resources: 0 } })
  })
})
