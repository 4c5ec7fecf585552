/** Organizations and their members over the action API. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { callApi, portalCaller, type ApiAnswer } from './support/portal-caller.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

/** Equal to every text that `pattern` matches. */
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

describeDatabases('organizations', (database) => {
  let portal: ServedPortal
  let root: string
  let ann: string
  let bob: string

  beforeAll(async () => {
    const caller = portalCaller()
    portal = await servePortal({ database: await database.settings(), plugins: [caller.definition] })
    root = await caller.userWithToken({ name: 'root', sysadmin: true })
    ann = await caller.userWithToken({ name: 'ann' })
    bob = await caller.userWithToken({ name: 'bob' })
  })
  afterAll(async () => {
    await portal[Symbol.asyncDispose]()
  })

  const api = (action: string, parameters?: object, token?: string): Promise<ApiAnswer> =>
    callApi(portal.url, action, parameters, token)

  test('a sysadmin makes an organization and is its admin; others may not', async () => {
    expect(await api('organization_create', { name: 'acme' }, ann)).toMatchObject({ status: 403 })
    expect(await api('organization_create', { name: 'acme' })).toMatchObject({ status: 403 })

    expect(await api('organization_create', { name: 'acme', description: 'Things' }, root)).toMatchObject({
      status: 200,
      result: {
        id: matching(/^[\da-f-]{36}$/),
        name: 'acme',
        title: 'acme',
        display_name: 'acme',
        description: 'Things',
        state: 'active',
        type: 'organization',
        is_organization: true,
        package_count: 0,
        users: [{ name: 'root', capacity: 'admin' }],
      },
    })
    expect(await api('organization_create', { name: 'acme' }, root)).toMatchObject({
      status: 409,
      error: { name: ['Group name already exists in database'] },
    })
    expect(await api('organization_create', {}, root)).toMatchObject({ error: { name: ['Missing value'] } })
  })

  test('of those who take one name at the same moment, one has it', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => api('organization_create', { name: 'rush' }, root)))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409])
  })

  test('organizations are shown to everyone, without the e-mail addresses of their users', async () => {
    await api('organization_create', { name: 'open', title: 'Open' }, root)
    const shown = await api('organization_show', { id: 'open' })
    expect(shown).toMatchObject({ result: { title: 'Open', users: [{ name: 'root' }] } })
    expect(JSON.stringify(shown)).not.toContain('@')
    expect(
      (await api('organization_show', { id: 'open', include_users: 'false' })).result,
    ).not.toHaveProperty('users')
    expect(await api('organization_show', { id: 'nowhere' })).toMatchObject({ status: 404 })
    expect(await api('organization_show', {})).toMatchObject({ error: { id: ['Missing value'] } })
  })

  test('organizations are listed by title, whole or in part', async () => {
    await api('organization_create', { name: 'zz', title: 'AA first' }, root)
    const names = await api('organization_list')
    expect(names.result).toEqual(expect.arrayContaining(['zz', 'open']))
    expect(await api('organization_list', { all_fields: true, limit: 1 })).toMatchObject({
      result: [{ name: 'zz', title: 'AA first' }],
    })
    expect(await api('organization_list', { limit: 'many' })).toMatchObject({
      status: 409,
      error: { limit: ['Invalid integer'] },
    })
  })

  test('its admins change an organization and choose its members, and nobody else', async () => {
    await api('organization_create', { name: 'club', title: 'Club' }, root)
    const ask = { id: 'club', username: 'ann', role: 'editor' }
    expect(await api('organization_member_create', ask, ann)).toMatchObject({ status: 403 })
    expect(await api('organization_member_create', { ...ask, role: 'boss' }, root)).toMatchObject({
      status: 409,
      error: { role: ['Must be one of admin, editor, member'] },
    })
    expect(await api('organization_member_create', ask, root)).toMatchObject({
      result: { capacity: 'editor', table_name: 'user' },
    })
    expect(await api('organization_patch', { id: 'club', title: 'Mine' }, ann)).toMatchObject({ status: 403 })

    await api('organization_member_create', { ...ask, role: 'admin' }, root)

    expect(await api('organization_patch', { id: 'club', title: 'Ours' }, ann)).toMatchObject({
      result: { name: 'club', title: 'Ours', users: [{ name: 'ann', capacity: 'admin' }, { name: 'root' }] },
    })
    expect(await api('organization_update', { id: 'club', name: 'club2' }, ann)).toMatchObject({
      result: { name: 'club2', title: 'club2', description: '' },
    })
    expect(await api('organization_patch', { id: 'club2', name: 'open' }, ann)).toMatchObject({ status: 409 })
    await api('organization_member_create', { id: 'club2', username: 'bob', role: 'member' }, ann)
    expect(await api('organization_member_delete', { id: 'club2', username: 'bob' }, ann)).toMatchObject({
      status: 200,
    })
    expect(await api('organization_member_delete', { id: 'club2', username: 'bob' }, ann)).toMatchObject({
      status: 404,
    })
  })

  test('users see the organizations in which they may do something', async () => {
    await api('organization_create', { name: 'press', title: 'Press' }, root)
    await api('organization_member_create', { id: 'press', username: 'bob', role: 'editor' }, root)

    const of = (parameters: object, token?: string): Promise<ApiAnswer> =>
      api('organization_list_for_user', parameters, token)
    expect(await of({}, bob)).toMatchObject({ result: [] })
    expect(await of({ permission: 'create_dataset' }, bob)).toMatchObject({
      result: [{ name: 'press', capacity: 'editor' }],
    })
    expect(await of({})).toMatchObject({ status: 200, result: [] })
    expect(await of({ id: 'bob', permission: 'read' }, ann)).toMatchObject({ status: 403 })
    expect(await of({ id: 'bob', permission: 'read' }, root)).toMatchObject({ result: [{ name: 'press' }] })
    expect((await of({}, root)).result).toContainEqual(
      expect.objectContaining({ name: 'acme', capacity: 'admin' }),
    )
  })

  test('a deleted organization is seen by sysadmins alone, and keeps its name', async () => {
    await api('organization_create', { name: 'past' }, root)
    expect(await api('organization_delete', { id: 'past' }, ann)).toMatchObject({ status: 403 })
    expect(await api('organization_delete', { id: 'past' }, root)).toMatchObject({
      status: 200,
      result: null,
    })

    expect(await api('organization_show', { id: 'past' })).toMatchObject({ status: 404 })
    expect(await api('organization_show', { id: 'past' }, root)).toMatchObject({
      result: { state: 'deleted' },
    })
    expect((await api('organization_list')).result).not.toContain('past')
    expect(await api('organization_create', { name: 'past' }, root)).toMatchObject({ status: 409 })
  })

  test('an organization is not deleted while somebody gives it a dataset', async () => {
    for (const name of ['ebb', 'flood', 'neap', 'spring', 'slack', 'stand']) {
      await api('organization_create', { name }, root)
      const answers = await Promise.all([
        api('package_create', { name: `of-${name}`, owner_org: name }, root),
        api('organization_delete', { id: name }, root),
      ])
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    }
  })

  test('a user who is deleted is a member no more', async () => {
    await api('user_create', { name: 'temp', email: 'temp@example.org', password: 'correct123' })
    await api('organization_member_create', { id: 'open', username: 'temp', role: 'admin' }, root)
    await api('user_delete', { id: 'temp' }, root)
    await api('user_patch', { id: 'temp', state: 'active' }, root)

    expect(await api('organization_show', { id: 'open' })).toMatchObject({
      result: { users: [{ name: 'root' }] },
    })
  })
})
