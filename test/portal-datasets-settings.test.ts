/** Who may write datasets where the site is closed to those without an organization, and when a user has gone. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { callApi, portalCaller, type ApiAnswer } from './support/portal-caller.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

describeDatabases('a site without datasets of nobody', (database) => {
  const caller = portalCaller()
  let portal: ServedPortal
  const tokens = { ann: '', root: '' }

  beforeAll(async () => {
    portal = await servePortal({
      database: await database.settings(),
      settings: { unownedDatasets: false },
      plugins: [caller.definition],
    })
    tokens.root = await caller.userWithToken({ name: 'root', sysadmin: true })
    tokens.ann = await caller.userWithToken({ name: 'ann' })
    await caller.call('organization_create', { name: 'acme' })
    await caller.call('organization_member_create', { id: 'acme', username: 'ann', role: 'editor' })
  })

  afterAll(() => portal[Symbol.asyncDispose]())

  const ask = (action: string, parameters: object, token?: string): Promise<ApiAnswer> =>
    callApi(portal.url, action, parameters, token)

  test('a dataset must belong to an organization, and stay in one', async () => {
    expect(await ask('package_create', { name: 'loose' }, tokens.ann)).toMatchObject({ status: 403 })
    expect(await ask('package_create', { name: 'bound', owner_org: 'acme' }, tokens.ann)).toMatchObject({
      status: 200,
    })
    expect(await ask('package_patch', { id: 'bound', owner_org: null }, tokens.ann)).toMatchObject({
      status: 403,
    })
    expect(await ask('package_owner_org_update', { id: 'bound' }, tokens.ann)).toMatchObject({ status: 403 })
    expect(await ask('package_create', { name: 'loose' }, tokens.root)).toMatchObject({ status: 200 })
  })

  test('a deleted user may do nothing, by whatever token', async () => {
    await ask('package_create', { name: 'left', owner_org: 'acme', private: true }, tokens.ann)
    expect(await ask('package_show', { id: 'left' }, tokens.ann)).toMatchObject({ status: 200 })
    await caller.call('user_delete', { id: 'ann' })
    expect(await ask('package_show', { id: 'left' }, tokens.ann)).toMatchObject({ status: 403 })
    expect(await ask('package_patch', { id: 'left', notes: 'x' }, tokens.ann)).toMatchObject({ status: 403 })
    expect(await ask('package_create', { name: 'more', owner_org: 'acme' }, tokens.ann)).toMatchObject({
      status: 403,
    })
  })
})
