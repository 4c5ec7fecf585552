/** The action API, and what answers about the portal itself. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { servePortal, type ServedPortal } from './support/served-portal.ts'

/** Equal to every text with `part` in it. */
const containing = (part: string): unknown => expect.stringContaining(part)

/** Equal to every text that `pattern` matches. */
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

let portal: ServedPortal

beforeAll(async () => {
  const shop = { name: 'shop', plugin: { startsNothing: true } }
  portal = await servePortal({
    settings: { title: 'Harbour data', description: 'Ships & tides', locale: 'en-GB' },
    plugins: [shop],
  })
})

afterAll(async () => {
  await portal[Symbol.asyncDispose]()
})

interface Answer {
  readonly status: number
  readonly type: string | null
  readonly body: unknown
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(portal.url + path, init)
  return { status: response.status, type: response.headers.get('content-type'), body: await response.json() }
}

const JSON_TYPE = 'application/json;charset=utf-8'

describe.each(['/api/3/action', '/api/action'])('%s', (prefix) => {
  test('status_show answers in the envelope with the site and the enabled plugins', async () => {
    expect(await ask(`${prefix}/status_show`)).toEqual({
      status: 200,
      type: JSON_TYPE,
      body: {
        help: `${portal.url}/api/3/action/help_show?name=status_show`,
        success: true,
        result: {
          ckan_version: matching(/^\d+\.\d+\.\d+$/),
          site_url: portal.url,
          site_title: 'Harbour data',
          site_description: 'Ships & tides',
          locale_default: 'en-GB',
          error_emails_to: null,
          extensions: ['models', 'shop', 'portal'],
        },
      },
    })
  })

  test('an unknown action is a bad request without the envelope', async () => {
    expect(await ask(`${prefix}/no_such_action`)).toEqual({
      status: 400,
      type: JSON_TYPE,
      body: 'Bad request: Action name not known: no_such_action',
    })
  })

  test('POST takes a JSON object, whatever the content type says', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
      const init = { method: 'POST', body: '{"name": "status_show"}', headers: { 'content-type': type } }
      expect(await ask(`${prefix}/help_show`, init)).toMatchObject({ status: 200, body: { success: true } })
    }
    expect(await ask(`${prefix}/status_show`, { method: 'POST' })).toMatchObject({ body: { success: true } })
  })

  test.each([
    ['not JSON', '{"name": ', 'the body cannot be read as JSON'],
    ['an array', '[1]', 'the body must be an object'],
    ['a string', '"name"', 'the body must be an object'],
    ['null in an array', '[null]', 'the body must be an object'],
    ['a prototype', '{"__proto__": {"name": "x"}}', 'the key "__proto__" is not allowed'],
  ])('a body that is %s is a bad request', async (_title, body, reason) => {
    expect(await ask(`${prefix}/help_show`, { method: 'POST', body })).toEqual({
      status: 400,
      type: JSON_TYPE,
      body: `Bad request: JSON Error: ${reason}`,
    })
  })
})

test('the help that an answer names is there', async () => {
  const { body } = await ask('/api/3/action/status_show')
  const help = await fetch(helpOf(body))

  expect(await help.json()).toMatchObject({ success: true, result: containing('plugins') })
})

function helpOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'help' in body ? String(body.help) : ''
}

test('help_show says what it misses, and what it does not know', async () => {
  const help = `${portal.url}/api/3/action/help_show?name=help_show`
  expect(await ask('/api/3/action/help_show')).toMatchObject({
    status: 409,
    body: { help, success: false, error: { __type: 'Validation Error', name: ['Missing value'] } },
  })
  expect(await ask('/api/3/action/help_show?name=a&name=b')).toMatchObject({ status: 409 })
  expect(await ask('/api/3/action/help_show?name=constructor')).toMatchObject({
    status: 404,
    body: { help, success: false, error: { __type: 'Not Found Error', message: 'Not found: constructor' } },
  })
})

test.each([1, 2, 3])('the API of version %i tells its version (A01)', async (version) => {
  expect(await ask(`/api/${version}`)).toEqual({ status: 200, type: JSON_TYPE, body: { version } })
  expect(await ask(`/api/${version}/`)).toMatchObject({ body: { version } })
})

test('there is no API of version 4', async () => {
  expect(await ask('/api/4')).toMatchObject({ status: 404 })
})

test('the extensions are those that are loaded now', async () => {
  const extensions = async (): Promise<unknown> => (await ask('/api/3/action/status_show')).body
  await portal.host.unload('shop')
  expect(await extensions()).toMatchObject({ result: { extensions: ['models', 'portal'] } })

  await portal.host.load('shop')
  expect(await extensions()).toMatchObject({
    result: { extensions: ['models', 'portal', 'shop'] },
  })
})

test('healthz and readyz answer 200 while the portal serves', async () => {
  expect(await ask('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } })
  expect(await ask('/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } })
})

test('an error is a page for those who read pages, with nothing of the path left as HTML', async () => {
  const path = '/<script>alert(1)</script>'
  const response = await fetch(portal.url + path, { headers: { accept: 'text/html,*/*' } })
  const page = await response.text()

  expect(response.status).toBe(404)
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(page).toContain('Not Found')
  expect(page).not.toContain('<script')
})

test('an error is JSON for everyone else', async () => {
  expect(await ask('/nowhere?secret=1')).toEqual({
    status: 404,
    type: 'application/json; charset=utf-8',
    body: { statusCode: 404, error: 'Not Found', message: 'There is nothing at /nowhere.' },
  })
})

test('a method that a path does not have is answered with those it has', async () => {
  const post = await fetch(`${portal.url}/api/3`, { method: 'POST' })
  expect(post.status).toBe(405)
  expect(post.headers.get('allow')).toBe('GET, HEAD, OPTIONS')

  const options = await fetch(`${portal.url}/api/3/action/status_show`, { method: 'OPTIONS' })
  expect(options.status).toBe(204)
  expect(options.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS')
})

test('a siteUrl is where links point, instead of the address', async () => {
  await portal[Symbol.asyncDispose]()
  portal = await servePortal({ settings: { siteUrl: 'https://data.example.org/portal/' } })

  expect((await ask('/api/3/action/status_show')).body).toMatchObject({
    help: 'https://data.example.org/portal/api/3/action/help_show?name=status_show',
    result: { site_url: 'https://data.example.org/portal', site_title: 'Aldis portal' },
  })
})
