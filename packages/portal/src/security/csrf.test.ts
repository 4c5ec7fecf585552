import { randomBytes } from 'node:crypto'

import fastifyMultipart from '@fastify/multipart'
import Fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { csrfToken, installCsrf } from './csrf.ts'
import { MemorySessionStore } from './session-store.ts'
import { installSessions, login, sessionUserId } from './sessions.ts'

const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

let app: FastifyInstance

beforeEach(async () => {
  app = Fastify()
  const store = new MemorySessionStore()
  await installSessions(app, { key: randomBytes(32), secure: false, store, ttlMs: 3_600_000 })
  await installCsrf(app, { key: randomBytes(32), site: { url: 'https://portal.example:8443/data' } })
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(String(body))))
    },
  )
  await app.register(fastifyMultipart, { attachFieldsToBody: 'keyValues' })
  app.get('/form', (_request, reply) => ({ token: csrfToken(reply) }))
  app.post('/user/login', (request) => login(request, 'ann').then(() => ({ user: 'ann' })))
  app.route({
    method: [...METHODS],
    url: '/page',
    handler: (request) => ({ user: sessionUserId(request) ?? null }),
  })
  app.post('/api/action', { config: { csrf: 'session' } }, (request) => ({
    user: sessionUserId(request) ?? null,
  }))
  app.post('/hook', { config: { session: false } }, () => ({}))
})

afterEach(() => app.close())

/** A browser: it keeps its cookie, and the token of the form that it opened last. */
class Browser {
  cookie = ''
  token = ''

  async open(): Promise<void> {
    const response = await this.#keep(app.inject({ url: '/form', headers: this.#headers() }))
    this.token = response.json<{ token: string }>().token
  }

  async logIn(): Promise<void> {
    await this.open()
    expect((await this.submit('/user/login')).statusCode).toBe(200)
  }

  /** Send a form with `fields`: the token, if nothing is said. */
  submit(
    url: string,
    fields: Record<string, string> = { _csrf: this.token },
    headers = {},
  ): Promise<LightMyRequestResponse> {
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const payload = String(new URLSearchParams(fields))
    return this.#keep(
      app.inject({ method: 'POST', url, payload, headers: this.#headers({ ...type, ...headers }) }),
    )
  }

  async #keep(answer: Promise<LightMyRequestResponse>): Promise<LightMyRequestResponse> {
    const response = await answer
    for (const { name, value } of response.cookies) this.cookie = `${name}=${encodeURIComponent(value)}`
    return response
  }

  #headers(more = {}): Record<string, string> {
    return { host: '127.0.0.1:5000', ...(this.cookie && { cookie: this.cookie }), ...more }
  }
}

function expectRefused(response: LightMyRequestResponse): void {
  expect(response.statusCode).toBe(403)
  expect(response.json()).toMatchObject({ code: 'CSRF_REFUSED' })
}

test('a form with the token of its page is accepted, as often as it is sent', async () => {
  const browser = new Browser()
  await browser.logIn()
  await browser.open()

  for (let time = 0; time < 2; time++) {
    expect((await browser.submit('/page')).json()).toEqual({ user: 'ann' })
  }
})

test('two forms of one session are both good', async () => {
  const browser = new Browser()
  await browser.open()
  const first = browser.token
  await browser.open()

  expect(browser.token).not.toBe(first)
  expect((await browser.submit('/page', { _csrf: first })).statusCode).toBe(200)
  expect((await browser.submit('/page')).statusCode).toBe(200)
})

test('a form without a token, with a forged one or with another session’s is refused', async () => {
  const browser = new Browser()
  await browser.logIn()
  await browser.open()
  const other = new Browser()
  await other.logIn()
  await other.open()

  expectRefused(await browser.submit('/page', {}))
  expectRefused(await browser.submit('/page', { _csrf: '' }))
  expectRefused(await browser.submit('/page', { _csrf: `${browser.token.slice(0, -1)}_` }))
  expectRefused(await browser.submit('/page', { _csrf: `12345678-${randomBytes(32).toString('base64url')}` }))
  expectRefused(await browser.submit('/page', { _csrf: other.token }))
  expect((await browser.submit('/page')).statusCode).toBe(200)
})

test('the login form needs a token too, and one from before the login is of no use after it', async () => {
  const browser = new Browser()
  expectRefused(await browser.submit('/user/login', {}))
  await browser.open()
  const before = browser.token
  const planted = browser.cookie
  expect((await browser.submit('/user/login')).statusCode).toBe(200)

  expectRefused(await browser.submit('/page', { _csrf: before }))
  browser.cookie = planted
  expectRefused(await browser.submit('/page', { _csrf: before }))
})

test.each(METHODS)('%s changes something and needs a token; a header will do', async (method) => {
  const browser = new Browser()
  await browser.open()
  const { cookie, token } = browser
  const headers = { cookie, 'content-type': 'application/json' }

  expectRefused(await app.inject({ method, url: '/page', headers, payload: '{}' }))
  expectRefused(await app.inject({ method, url: '/page', headers, payload: '{"_csrf":{"x":1}}' }))
  const withHeader = { ...headers, 'x-csrf-token': token }
  expect((await app.inject({ method, url: '/page', headers: withHeader, payload: '{}' })).statusCode).toBe(
    200,
  )
})

test('a form with a file brings its token as a field', async () => {
  const browser = new Browser()
  await browser.open()
  const formWith = (token: string): FormData => {
    const form = new FormData()
    form.set('_csrf', token)
    form.set('upload', new Blob(['a,b\n1,2\n']), 'a.csv')
    return form
  }
  const sendForm = (token: string): Promise<LightMyRequestResponse> =>
    app.inject({
      method: 'POST',
      url: '/page',
      headers: { cookie: browser.cookie },
      payload: formWith(token),
    })

  expect((await sendForm(browser.token)).statusCode).toBe(200)
  expectRefused(await sendForm('no'))
})

test('what the browser says of the sender has to fit, token or not', async () => {
  const browser = new Browser()
  await browser.open()
  const from = (headers: Record<string, string>): Promise<LightMyRequestResponse> =>
    browser.submit('/page', { _csrf: browser.token }, headers)

  for (const site of ['cross-site', 'same-site', 'nonsense'])
    expectRefused(await from({ 'sec-fetch-site': site }))
  for (const origin of [
    'https://evil.example',
    'https://portal.example',
    'http://127.0.0.1:5001',
    'nonsense',
  ]) {
    expectRefused(await from({ origin }))
  }
  expectRefused(await from({ 'sec-fetch-site': 'cross-site', origin: 'https://portal.example:8443' }))
  for (const headers of [
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://portal.example:8443' },
    { origin: 'http://127.0.0.1:5000' },
    { origin: 'null' },
  ]) {
    expect((await from(headers)).statusCode).toBe(200)
  }
})

test('the API asks for a token only who is logged in by cookie', async () => {
  const browser = new Browser()
  const anonymous = await browser.submit('/api/action', {})
  expect(anonymous.json()).toEqual({ user: null })
  expect(anonymous.cookies).toEqual([])
  await browser.open()
  expect((await browser.submit('/api/action', {})).json()).toEqual({ user: null })

  await browser.logIn()
  expectRefused(await browser.submit('/api/action', {}))
  await browser.open()
  expect((await browser.submit('/api/action')).json()).toEqual({ user: 'ann' })
  // A token of the API stands alone, right or wrong; what a proxy's password stands for does not.
  expect((await browser.submit('/api/action', {}, { authorization: 'nonsense' })).json()).toEqual({
    user: null,
  })
  expectRefused(await browser.submit('/api/action', {}, { authorization: 'Basic eDp5' }))
})

test('what cannot change anything in a session’s name is let through', async () => {
  const browser = new Browser()
  await browser.logIn()

  expect((await browser.submit('/hook', {})).statusCode).toBe(200)
  expect((await browser.submit('/nowhere', {})).statusCode).toBe(404)
})
