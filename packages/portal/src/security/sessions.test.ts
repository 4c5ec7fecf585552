import { createHash, createHmac, randomBytes } from 'node:crypto'

import Fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { MemorySessionStore, type SessionData, type SessionStore } from './session-store.ts'
import { flash, installSessions, login, logout, sessionUserId, takeFlashes } from './sessions.ts'

const HOUR = 60 * 60 * 1000
const key = randomBytes(32)

/** A store that counts its calls, and fails when told to. */
class CountingStore implements SessionStore {
  readonly memory = new MemorySessionStore()
  readonly calls: string[] = []
  readonly ids = new Set<string>()
  failure: Error | undefined

  read(id: string): Promise<SessionData | undefined> {
    return this.#call('read', id) ?? this.memory.read(id)
  }

  write(id: string, data: SessionData, expires: Date, isNew: boolean): Promise<void> {
    return this.#call(isNew ? 'create' : 'update', id) ?? this.memory.write(id, data, expires, isNew)
  }

  remove(id: string): Promise<void> {
    return this.#call('remove', id) ?? this.memory.remove(id)
  }

  #call(name: string, id: string): Promise<never> | undefined {
    this.calls.push(name)
    this.ids.add(id)
    return this.failure && Promise.reject(this.failure)
  }
}

let store: CountingStore
let app: FastifyInstance

beforeEach(async () => {
  store = new CountingStore()
  app = await portal()
})

afterEach(async () => {
  vi.useRealTimers()
  await app.close()
})

async function portal({ secure = false } = {}): Promise<FastifyInstance> {
  const built = Fastify()
  await installSessions(built, { key, secure, store, ttlMs: 24 * HOUR })
  built.get('/', (request) => ({ user: sessionUserId(request) ?? null }))
  built.get('/asset', { config: { session: false } }, (request) => ({ user: sessionUserId(request) ?? null }))
  built.post<{ Params: { user: string } }>('/login/:user', (request) => {
    const { user } = request.params
    return login(request, user).then(() => flash(request, `Welcome, ${user}`))
  })
  built.post('/logout', (request) => logout(request).then(() => flash(request, 'Logged out')))
  built.post<{ Params: { message: string } }>('/flash/:message', (request) => {
    flash(request, request.params.message)
    return {}
  })
  built.get('/flash', (request) => takeFlashes(request))
  return built
}

/** The value of the session's cookie that `response` sets; '' when it clears it, undefined when it does neither. */
function cookieOf({ cookies }: LightMyRequestResponse): string | undefined {
  expect(cookies.length).toBeLessThan(2)
  return cookies.find(({ name }) => name === 'aldis_session')?.value
}

async function send(
  method: 'GET' | 'POST',
  url: string,
  cookie = '',
  headers = {},
): Promise<LightMyRequestResponse> {
  return app.inject({
    method,
    url,
    headers: { ...headers, ...(cookie && { cookie: `aldis_session=${encodeURIComponent(cookie)}` }) },
  })
}

async function logIn(user = 'ann', cookie = ''): Promise<string> {
  const given = cookieOf(await send('POST', `/login/${user}`, cookie))
  expect(given).toMatch(/./)
  return given ?? ''
}

test('who logs in is known by the cookie, which scripts and other sites do not get', async () => {
  const response = await send('POST', '/login/ann')
  const header = String(response.headers['set-cookie'])

  expect(header).toMatch(/^aldis_session=/)
  for (const part of ['Path=/', 'HttpOnly', 'SameSite=Lax', 'Expires=']) expect(header).toContain(part)
  expect(header).not.toContain('Secure')
  expect((await send('GET', '/', cookieOf(response))).json()).toEqual({ user: 'ann' })
  expect((await send('GET', '/')).json()).toEqual({ user: null })
})

test('a site on https has a cookie that is sent over nothing else, also where a proxy ends TLS', async () => {
  await app.close()
  app = await portal({ secure: true })
  const first = await send('POST', '/flash/hello')
  const second = await send('POST', '/login/ann', cookieOf(first))

  expect(String(first.headers['set-cookie'])).toContain('Secure')
  expect(String(second.headers['set-cookie'])).toContain('Secure')
  expect((await send('GET', '/', cookieOf(second))).json()).toEqual({ user: 'ann' })
})

test('who has no cookie costs no call of the store and gets none', async () => {
  const response = await send('GET', '/')

  expect(response.cookies).toEqual([])
  expect((await send('GET', '/nowhere')).cookies).toEqual([])
  expect((await send('GET', '/flash')).json()).toEqual([])
  expect(store.calls).toEqual([])
})

test('a session that does not change is read and not written', async () => {
  const cookie = await logIn()
  await send('GET', '/flash', cookie)
  store.calls.length = 0
  const response = await send('GET', '/', cookie)

  expect(store.calls).toEqual(['read'])
  expect(response.cookies).toEqual([])
})

test('a session is another after the login, and the one before is gone', async () => {
  const planted = cookieOf(await send('POST', '/flash/hello')) ?? ''
  const cookie = await logIn('ann', planted)

  expect(cookie).not.toBe(planted)
  expect(store.memory.size).toBe(1)
  expect((await send('GET', '/', planted)).json()).toEqual({ user: null })
  expect((await send('GET', '/', cookie)).json()).toEqual({ user: 'ann' })
})

test('who logs in as somebody else leaves the first session behind', async () => {
  const ann = await logIn('ann')
  const ben = await logIn('ben', ann)

  expect((await send('GET', '/', ann)).json()).toEqual({ user: null })
  expect((await send('GET', '/', ben)).json()).toEqual({ user: 'ben' })
})

test('an id that the server did not give is not taken', async () => {
  const id = randomBytes(18).toString('base64url')
  const forged = `${id}.${createHmac('sha256', randomBytes(32)).update(id).digest('base64')}`
  const cookie = await logIn()
  const [value = '', signature = ''] = cookie.split('.')
  const changed = `${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}.${signature}`
  store.calls.length = 0

  for (const wrong of [forged, changed, value, `${value}.`, 'x', '.', `${cookie}x`, cookie.slice(0, -1)]) {
    const response = await send('GET', '/', wrong)
    expect(response.json()).toEqual({ user: null })
    expect(cookieOf(response)).toBe('')
  }
  expect(store.calls).toEqual([])
})

test('after the logout the cookie is worth nothing, and the browser loses it', async () => {
  const cookie = await logIn()
  await send('GET', '/flash', cookie)
  const response = await send('POST', '/logout', cookie)
  const next = cookieOf(response) ?? ''

  expect(next).not.toBe(cookie)
  expect((await send('GET', '/', cookie)).json()).toEqual({ user: null })
  expect((await send('GET', '/flash', next)).json()).toEqual(['Logged out'])
  expect(store.memory.size).toBe(0)
  expect(cookieOf(await send('GET', '/', next))).toBe('')
})

test('a session that was ended stays so when a request that began before it writes', async () => {
  const cookie = await logIn()
  const began = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  await app.close()
  app = await portal()
  app.post('/slow', (request) => {
    began.resolve()
    return goOn.promise.then(() => flash(request, 'late'))
  })
  const slow = send('POST', '/slow', cookie)
  await began.promise
  await send('POST', '/logout', cookie)
  goOn.resolve()
  await slow

  expect((await send('GET', '/', cookie)).json()).toEqual({ user: null })
})

test('a message is shown once, over the login too', async () => {
  const before = cookieOf(await send('POST', '/flash/saved')) ?? ''
  const cookie = await logIn('ann', before)

  expect((await send('GET', '/flash', cookie)).json()).toEqual(['saved', 'Welcome, ann'])
  expect((await send('GET', '/flash', cookie)).json()).toEqual([])
  expect((await send('GET', '/', cookie)).json()).toEqual({ user: 'ann' })
})

test('messages that nobody reads do not pile up', async () => {
  let cookie = ''
  for (let count = 1; count <= 30; count++)
    cookie = cookieOf(await send('POST', `/flash/${count}`, cookie)) ?? cookie

  expect((await send('GET', '/flash', cookie)).json()).toEqual(
    Array.from({ length: 10 }, (_, index) => `${index + 21}`),
  )
})

test('the store gets no id that is in a cookie, only its hash', async () => {
  const cookie = await logIn()
  const id = cookie.slice(0, cookie.lastIndexOf('.'))

  expect([...store.ids]).toContain(createHash('sha256').update(id).digest('hex'))
  for (const stored of store.ids) expect(stored).toMatch(/^[\da-f]{64}$/)
})

test('a token and a cookie never speak for one request', async () => {
  const cookie = await logIn()
  store.calls.length = 0

  for (const authorization of ['eyJ.a.b', 'Bearer eyJ.a.b', 'nonsense']) {
    const response = await send('GET', '/', cookie, { authorization })
    expect(response.json()).toEqual({ user: null })
    expect(response.cookies).toEqual([])
  }
  expect(store.calls).toEqual([])
  expect((await send('GET', '/', cookie, { authorization: 'Basic eDp5' })).json()).toEqual({ user: 'ann' })
})

test('a route that wants no sessions reads none', async () => {
  const cookie = await logIn()
  store.calls.length = 0
  const response = await send('GET', '/asset', cookie)

  expect(response.json()).toEqual({ user: null })
  expect(response.cookies).toEqual([])
  expect(store.calls).toEqual([])
})

test('a session ends some time after it was last written, without a login much sooner', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const opened = await send('POST', '/flash/hello')
  const anonymous = cookieOf(opened) ?? ''
  expect(opened.cookies[0]?.expires?.getTime()).toBeLessThan(Date.now() + 3 * HOUR)
  const cookie = await logIn()
  vi.setSystemTime(Date.now() + 3 * HOUR)
  expect((await send('GET', '/flash', anonymous)).json()).toEqual([])

  vi.setSystemTime(Date.now() + 20 * HOUR)
  expect((await send('POST', '/flash/hello', cookie)).cookies[0]?.expires?.getTime()).toBeGreaterThan(
    Date.now() + 23 * HOUR,
  )
  vi.setSystemTime(Date.now() + 23 * HOUR)
  expect((await send('GET', '/', cookie)).json()).toEqual({ user: 'ann' })
  vi.setSystemTime(Date.now() + 2 * HOUR)
  expect((await send('GET', '/', cookie)).json()).toEqual({ user: null })
})

test('a request fails when its session cannot be read or written', async () => {
  const cookie = await logIn()
  store.failure = new Error('the database is away')

  expect((await send('GET', '/', cookie)).statusCode).toBe(500)
  const response = await send('POST', '/login/ann')
  expect(response.statusCode).toBe(500)
  expect(response.cookies).toEqual([])
  expect((await send('GET', '/')).statusCode).toBe(200)
})
