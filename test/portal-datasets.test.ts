/** Datasets through the action API, over HTTP, on each database. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { fieldOf, recordOf } from './support/field-of.ts'
import { callApi, portalCaller, type ApiAnswer } from './support/portal-caller.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)
const containing = (part: string): unknown => expect.stringContaining(part)
const TIME = matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/)
const UUID = matching(/^[\da-f]{8}-[\da-f-]{27}$/)

/** The field `name` of the answer's result. */
const field = ({ result }: ApiAnswer, name: string): unknown => fieldOf(result, name)

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

  test('package_update replaces, keeps resources and owner when they are left out, and package_patch merges', async () => {
    const tags = [{ name: 'deep' }, { name: 'wide' }, { name: 'deep' }]
    const made = await ask(
      'package_create',
      {
        name: 'seas',
        title: 'Seas',
        notes: 'All',
        owner_org: 'acme',
        private: true,
        tags,
        extras: [{ key: 'depth', value: 11 }],
        resources: [{ url: 'https://example.org/a.csv' }],
      },
      tokens.ann,
    )
    expect(made.result).toMatchObject({
      num_tags: 2,
      tags: [{ name: 'deep', display_name: 'deep', state: 'active', vocabulary_id: null }, { name: 'wide' }],
      extras: [{ key: 'depth', value: '11' }],
    })

    const patched = await ask('package_patch', { id: 'seas', notes: 'Most' }, tokens.ann)
    expect(patched.result).toEqual({
      ...recordOf(made.result),
      notes: 'Most',
      metadata_modified: field(patched, 'metadata_modified'),
    })
    expect(field(patched, 'metadata_modified')).not.toBe(field(made, 'metadata_modified'))

    expect(await ask('package_update', { id: 'seas', name: 'oceans' }, tokens.ann)).toMatchObject({
      result: {
        id: field(made, 'id'),
        name: 'oceans',
        title: 'oceans',
        notes: null,
        private: true,
        owner_org: field(made, 'owner_org'),
        tags: [],
        extras: [],
        num_resources: 1,
      },
    })
    expect(await ask('package_show', { id: 'seas' }, tokens.ann)).toMatchObject({ status: 404 })
    expect(
      await ask('package_update', { id: 'oceans', name: 'oceans', resources: [] }, tokens.ann),
    ).toMatchObject({ result: { num_resources: 0 } })
  })

  test('an update that changes nothing writes nothing', async () => {
    const made = await ask(
      'package_create',
      { name: 'still', tags: [{ name: 'calm' }], resources: [{ url: 'https://example.org/a.csv', rows: 3 }] },
      tokens.ann,
    )
    expect((await ask('package_update', recordOf(made.result), tokens.ann)).result).toEqual(made.result)
    expect((await ask('package_patch', { id: 'still' }, tokens.ann)).result).toEqual(made.result)
  })

  test('a private dataset is shown to members, and can be patched by a form (A07)', async () => {
    const made = await ask(
      'package_create',
      { name: 'hidden', owner_org: 'acme', private: 'true' },
      tokens.ann,
    )
    expect(made.result).toMatchObject({ private: true })
    for (const id of ['hidden', field(made, 'id')]) {
      expect(await ask('package_show', { id })).toMatchObject({
        status: 403,
        error: { __type: 'Authorization Error' },
      })
      expect(await ask('package_show', { id }, tokens.cleo)).toMatchObject({ status: 403 })
      expect(await ask('package_show', { id }, tokens.bob)).toMatchObject({ status: 200 })
      expect(await ask('package_show', { id }, tokens.root)).toMatchObject({ status: 200 })
    }
    const form = await fetch(`${portal.url}/api/action/package_patch`, {
      method: 'POST',
      headers: { authorization: tokens.root },
      body: new URLSearchParams({ id: 'hidden', notes: 'By form', private: 'False' }),
    })
    expect(form.status).toBe(200)
    expect(await ask('package_show', { id: 'hidden' })).toMatchObject({
      result: { notes: 'By form', private: false },
    })
  })

  test('what is missing is 404, whoever asks', async () => {
    const missing = { status: 404, error: { __type: 'Not Found Error', message: 'Not found' } }
    for (const token of [undefined, tokens.root]) {
      for (const id of ['nothing', '11111111-1111-4111-8111-111111111111', 'a\0b', '../x', "' or true --"]) {
        expect(await ask('package_show', { id }, token)).toMatchObject(missing)
        expect(await ask('resource_show', { id }, token)).toMatchObject(missing)
      }
    }
    for (const id of [undefined, null, '']) {
      expect(await ask('package_show', { id })).toMatchObject({
        status: 409,
        error: { id: ['Missing value'] },
      })
    }
    expect(await ask('package_show', { id: ['rivers'] })).toMatchObject({ status: 409 })
    for (const action of [
      'package_update',
      'package_patch',
      'package_delete',
      'resource_update',
      'resource_delete',
    ]) {
      expect(await ask(action, { id: 'nothing', name: 'nothing' }, tokens.ann)).toMatchObject(missing)
      expect(await ask(action, { id: 'nothing', name: 'nothing' })).toMatchObject({ status: 403 })
    }
  })

  test('only editors and admins of the organization write its datasets; of those without one, who made them', async () => {
    await ask('package_create', { name: 'shared', owner_org: 'acme' }, tokens.ann)
    await ask('package_create', { name: 'own' }, tokens.cleo)
    const { bob, cleo, ann, root } = tokens
    for (const token of [undefined, bob, cleo]) {
      for (const [action, parameters] of [
        ['package_create', { name: 'not-allowed', owner_org: 'acme' }],
        ['package_update', { id: 'shared', name: 'shared' }],
        ['package_patch', { id: 'shared', notes: 'x' }],
        ['package_owner_org_update', { id: 'shared', organization_id: null }],
        ['resource_create', { package_id: 'shared', url: 'https://example.org' }],
        ['package_delete', { id: 'shared' }],
      ] as const) {
        expect([action, (await ask(action, parameters, token)).status]).toEqual([action, 403])
      }
    }
    expect(await ask('package_create', { name: 'not-allowed' })).toMatchObject({ status: 403 })
    for (const token of [ann, bob]) {
      expect(await ask('package_patch', { id: 'own', notes: 'x' }, token)).toMatchObject({ status: 403 })
    }
    expect(await ask('package_patch', { id: 'own', notes: 'x' }, cleo)).toMatchObject({ status: 200 })
    // Who may write a dataset may not give it to an organization where that is not allowed, nor take it for one.
    expect(await ask('package_patch', { id: 'own', owner_org: 'acme' }, cleo)).toMatchObject({ status: 403 })
    expect(await ask('package_owner_org_update', { id: 'own', organization_id: 'acme' }, cleo)).toMatchObject(
      { status: 403 },
    )
    expect(await ask('package_owner_org_update', { id: 'own', organization_id: 'acme' }, root)).toMatchObject(
      {
        status: 200,
        result: null,
      },
    )
    expect(await ask('package_show', { id: 'own' })).toMatchObject({
      result: { organization: { name: 'acme' } },
    })
    expect(await ask('package_patch', { id: 'own', notes: 'y' }, cleo)).toMatchObject({ status: 403 })
  })

  test('a deleted dataset is gone for others, and its name is free', async () => {
    const made = await ask('package_create', { name: 'fleeting' }, tokens.cleo)
    const id = field(made, 'id')
    expect(await ask('package_delete', { id: 'fleeting' }, tokens.cleo)).toMatchObject({
      status: 200,
      result: null,
    })
    expect(await ask('package_show', { id })).toMatchObject({ status: 404 })
    expect(await ask('package_show', { id }, tokens.ann)).toMatchObject({ status: 404 })
    expect(await ask('package_patch', { id, notes: 'x' }, tokens.ann)).toMatchObject({ status: 404 })
    expect(await ask('package_show', { id }, tokens.cleo)).toMatchObject({ result: { state: 'deleted' } })
    expect(await ask('package_show', { id: 'fleeting' }, tokens.cleo)).toMatchObject({ status: 404 })
    expect((await ask('package_list', {})).result).not.toContain('fleeting')

    const again = await ask('package_create', { name: 'fleeting' }, tokens.ann)
    expect(again).toMatchObject({ status: 200 })
    expect(await ask('package_patch', { id, state: 'active' }, tokens.cleo)).toMatchObject({
      status: 409,
      error: { name: ['That URL is already in use.'] },
    })
    expect(
      await ask('package_patch', { id, state: 'active', name: 'fleeting-2' }, tokens.cleo),
    ).toMatchObject({
      result: { id, state: 'active' },
    })
  })

  test('drafts are for those who write them', async () => {
    await ask('package_create', { name: 'sketch', owner_org: 'acme', state: 'draft' }, tokens.ann)
    expect(await ask('package_show', { id: 'sketch' })).toMatchObject({ status: 403 })
    expect(await ask('package_show', { id: 'sketch' }, tokens.bob)).toMatchObject({ status: 403 })
    expect(await ask('package_show', { id: 'sketch' }, tokens.ann)).toMatchObject({
      result: { state: 'draft' },
    })
  })

  test('a sysadmin may say which id a dataset gets, and nobody else', async () => {
    const id = '5f8e4a3c-1111-4111-8111-0123456789ab'
    expect(await ask('package_create', { name: 'chosen', id }, tokens.ann)).toMatchObject({
      status: 409,
      error: { id: ['The input field id was not expected.'] },
    })
    expect(await ask('package_create', { name: 'chosen', id: 'x' }, tokens.root)).toMatchObject({
      status: 409,
    })
    expect(await ask('package_create', { name: 'chosen', id }, tokens.root)).toMatchObject({ result: { id } })
    expect(await ask('package_create', { name: 'chosen-2', id }, tokens.root)).toMatchObject({
      error: { id: ['This id is already in use.'] },
    })
  })

  test('package_create is not for GET (A03)', async () => {
    const response = await fetch(`${portal.url}/api/action/package_create?name=x`)
    expect(response.status).toBe(400)
    expect(await response.json()).toContain('Invalid request. Please use POST method for your request')
  })

  const long = 'x'.repeat(101)
  test.each<[object, object]>([
    [{}, { name: ['Missing value'] }],
    [{ name: '' }, { name: ['Missing value'] }],
    [{ name: 1 }, { name: ['Must be a text'] }],
    [{ name: 'a' }, { name: ['Must be at least 2 characters long'] }],
    [{ name: long }, { name: ['Name must be a maximum of 100 characters long'] }],
    [{ name: 'Big Name' }, { name: [containing('Must be purely lowercase alphanumeric')] }],
    [{ name: 'search' }, { name: ['That name cannot be used'] }],
    [{ name: '11111111-1111-4111-8111-111111111111' }, { name: ['That name cannot be used'] }],
    [{ name: 'rivers' }, { name: ['That URL is already in use.'] }],
    [{ name: 'ok', title: 'a\0b' }, { title: [containing('cannot be stored')] }],
    [{ name: 'ok', notes: '\ud800' }, { notes: [containing('cannot be stored')] }],
    [{ name: 'ok', notes: { a: 1 } }, { notes: ['Must be a text'] }],
    [{ name: 'ok', state: 'gone' }, { state: [containing('Must be')] }],
    [{ name: 'ok', state: 'deleted' }, { state: [containing('must be draft or active')] }],
    [{ name: 'ok', private: 'perhaps' }, { private: ['Must be true or false'] }],
    [{ name: 'ok', private: 'constructor' }, { private: ['Must be true or false'] }],
    [{ name: 'ok', private: true }, { private: ["Datasets with no organization can't be private."] }],
    [{ name: 'ok', owner_org: 'nobody' }, { owner_org: ['Organization does not exist'] }],
    [{ name: 'ok', maintainer_email: 'x' }, { maintainer_email: ['Email x is not a valid format'] }],
    [{ name: 'ok', url: 'javascript:alert(1)' }, { url: ['Must be a link to a place'] }],
    [
      { name: 'ok', tags: [{ name: 'fine' }, { name: 'a' }] },
      { tags: [{}, { name: ['Tag "a" length is less than minimum 2'] }] },
    ],
    [{ name: 'ok', tags: [{ name: '<b>' }] }, { tags: [{ name: [containing('can only contain')] }] }],
    [{ name: 'ok', tags: [{}] }, { tags: [{ name: ['Missing value'] }] }],
    [{ name: 'ok', tags: ['a'] }, { tags: [containing('')] }],
    [
      {
        name: 'ok',
        extras: [
          { key: 'a', value: '1' },
          { key: 'a', value: '2' },
        ],
      },
      { extras: [{}, { key: ['Duplicate key "a"'] }] },
    ],
    [{ name: 'ok', extras: [{ value: '1' }] }, { extras: [{ key: ['Missing value'] }] }],
    [{ name: 'ok', extras: [{ key: 'a' }] }, { extras: [{ value: ['Missing value'] }] }],
    [
      { name: 'ok', resources: [{ url: 'a', constructor: 'a\0b' }] },
      { resources: [{ constructor: [containing('cannot be stored')] }] },
    ],
    [
      { name: 'ok', resources: [{ url: 'a', last_modified: '0000-01-01' }] },
      { resources: [{ last_modified: ['Date format incorrect'] }] },
    ],
    [{ name: 'ok', resources: 'x' }, { resources: ['Must be a list of resources'] }],
    [
      { name: 'a', private: 'x', tags: [{}] },
      { name: [containing('')], private: [containing('')], tags: [{}] },
    ],
  ])('%j is refused with messages by field', async (parameters, problems) => {
    expect(await ask('package_create', parameters, tokens.root)).toMatchObject({
      status: 409,
      success: false,
      error: { __type: 'Validation Error', ...problems },
    })
  })
})
