/** API tokens: made, listed, used and revoked, by whom, and what is told of it. */
import { capture } from '@aldis/core/testing'
import { em } from '@aldis/models'
import { ApiToken, tokenCreated, tokenRevoked, User } from '@aldis/portal'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { callApi, fieldOf, portalCaller, type ApiAnswer, type PortalCaller } from './support/portal-caller.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

/** What is between the dots of a JWT. */
function claimsOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

/** Equal to every text that `pattern` matches. */
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

describeDatabases('API tokens', (database) => {
  let portal: ServedPortal
  let caller: PortalCaller
  let root: string
  let ann: string

  beforeAll(async () => {
    caller = portalCaller()
    portal = await servePortal({ database: await database.settings(), plugins: [caller.definition] })
    root = await caller.userWithToken({ name: 'root', sysadmin: true })
    ann = await caller.userWithToken({ name: 'ann' })
    await caller.userWithToken({ name: 'bob' })
  })
  afterAll(async () => {
    await portal[Symbol.asyncDispose]()
  })

  const api = (action: string, parameters?: object, token?: string): Promise<ApiAnswer> =>
    callApi(portal.url, action, parameters, token)
  const made = async (parameters: object, by: string): Promise<{ token: string; id: string }> => {
    const { result } = await api('api_token_create', parameters, by)
    return {
      token: String(fieldOf(result, 'token')),
      id: String(fieldOf(result, 'id')),
    }
  }

  test('a token names the row that it is kept as, by its jti, and the row does not have the token (A10)', async () => {
    const { token, id } = await made({ user: 'ann', name: 'ci' }, ann)

    expect(claimsOf(token)).toMatchObject({ jti: id })
    const row = await em().findOneOrFail(ApiToken, { id }, { populate: ['user'] })
    expect(row).toMatchObject({ name: 'ci', lastAccess: null, user: { name: 'ann' } })
    expect(row.hash).not.toContain(token)
  })

  test('tokens are the affair of their owners and of sysadmins', async () => {
    expect(await api('api_token_create', { user: 'bob', name: 'x' }, ann)).toMatchObject({ status: 403 })
    expect(await api('api_token_create', { user: 'bob', name: 'x' })).toMatchObject({ status: 403 })
    expect(await api('api_token_list', { user_id: 'bob' }, ann)).toMatchObject({ status: 403 })
    const { id } = await made({ user: 'bob', name: 'by root' }, root)
    expect(await api('api_token_revoke', { jti: id }, ann)).toMatchObject({ status: 403 })
    expect(await api('api_token_revoke', { jti: id })).toMatchObject({ status: 403 })
    expect(await api('api_token_revoke', { jti: id }, root)).toMatchObject({ status: 200, result: null })
    expect(await api('api_token_create', { user: 'ann' }, ann)).toMatchObject({
      status: 409,
      error: { name: ['Missing value'] },
    })
    expect(await api('api_token_create', { name: 'x' }, ann)).toMatchObject({
      error: { user: ['Missing value'] },
    })
    expect(await api('api_token_create', { user: 'nobody', name: 'x' }, root)).toMatchObject({ status: 404 })
  })

  test('the list of tokens shows what they are called and never the tokens', async () => {
    const { token, id } = await made({ user: 'ann', name: 'listed' }, ann)
    const { result } = await api('api_token_list', { user: 'ann' }, ann)

    expect(result).toContainEqual({
      id,
      name: 'listed',
      user_id: matching(/^[\da-f-]{36}$/),
      created_at: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/),
      last_access: null,
    })
    expect(JSON.stringify(result)).not.toContain(token)
    expect(JSON.stringify(result)).not.toContain('hash')
  })

  test.each(['jti', 'token'])('a token that is revoked by its %s lets nobody in', async (by) => {
    const { token, id } = await made({ user: 'ann', name: 'short' }, ann)
    expect(await api('user_show', {}, token)).toMatchObject({ result: { name: 'ann' } })

    expect(await api('api_token_revoke', { [by]: by === 'jti' ? id : token }, ann)).toMatchObject({
      status: 200,
    })

    expect(await api('user_show', {}, token)).toMatchObject({ status: 409 })
    expect(await api('api_token_revoke', { jti: id }, ann)).toMatchObject({ status: 404 })
  })

  test('a revocation says what it misses, and does not find what is no token', async () => {
    expect(await api('api_token_revoke', {}, ann)).toMatchObject({ error: { token: ['Missing value'] } })
    for (const wrong of [{ jti: 'nul\0l' }, { jti: 'x' }, { token: 'x.y.z' }]) {
      expect(await api('api_token_revoke', wrong, ann)).toMatchObject({ status: 404 })
    }
  })

  test('only sysadmins set the id and the dates of a token; of others they are ignored (A10)', async () => {
    const id = 'a'.repeat(43)
    const wanted = { user: 'ann', name: 'fixed', id, created_at: '2020-01-01', last_access: '2020-02-02' }
    expect(await made(wanted, ann)).not.toMatchObject({ id })

    const { token } = await made(wanted, root)

    expect(claimsOf(token)).toMatchObject({ jti: id })
    expect((await api('api_token_list', { user: 'ann' }, root)).result).toContainEqual(
      expect.objectContaining({
        id,
        created_at: '2020-01-01T00:00:00.000000',
        last_access: '2020-02-02T00:00:00.000000',
      }),
    )
    expect(await api('user_show', {}, token)).toMatchObject({ result: { name: 'ann' } })
    expect(await api('api_token_create', wanted, root)).toMatchObject({ status: 409 })
    expect(await api('api_token_create', { ...wanted, id: 'short' }, root)).toMatchObject({ status: 409 })
  })

  test('when a token and its owner were last active is written once a minute', async () => {
    const { token, id } = await made({ user: 'bob', name: 'used' }, root)
    const rows = async (): Promise<(Date | null | undefined)[]> => {
      const row = await em().findOneOrFail(ApiToken, { id }, { populate: ['user'] })
      return [row.lastAccess, row.user.lastActive]
    }
    await api('site_read', {}, token)
    const first = await rows()
    expect(first).toEqual([expect.any(Date), expect.any(Date)])

    await api('site_read', {}, token)
    expect(await rows()).toEqual(first)

    const longAgo = new Date(Date.now() - 61_000)
    await em().nativeUpdate(ApiToken, { id }, { lastAccess: longAgo })
    await em().nativeUpdate(User, { name: 'bob' }, { lastActive: longAgo })
    await api('site_read', {}, token)
    for (const date of await rows()) expect(date?.getTime()).toBeGreaterThan(longAgo.getTime())
  })

  test('a token that nobody issued, or of a user who is not active, is as good as none', async () => {
    const token = await caller.userWithToken({ name: 'late', state: 'pending' })
    for (const wrong of [token, 'nonsense', `${ann}x`]) {
      expect(await api('status_show', {}, wrong)).toMatchObject({ status: 200 })
      expect(await api('user_patch', { id: 'late', about: '' }, wrong)).toMatchObject({ status: 403 })
    }
  })

  test('token_created and token_revoked are sent by the name of the user, without the token', async () => {
    using created = capture(tokenCreated)
    using revoked = capture(tokenRevoked)
    const { token, id } = await made({ user: 'ann', name: 'told' }, root)
    await api('api_token_revoke', { token }, root)

    const event = {
      sender: 'ann',
      payload: { user: { name: 'ann' }, token: { id, name: 'told' }, actor: { name: 'root' } },
    }
    expect(created.sends).toMatchObject([event])
    expect(revoked.sends).toMatchObject([event])
    expect(JSON.stringify([created.sends, revoked.sends])).not.toContain(token)
  })
})
