/** The home page, and what every page is sent with. */
import { Portal } from '@aldis/portal'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { servePortal, type ServedPortal } from './support/served-portal.ts'

const EVIL = `"><script>document.title='owned'</script>`

/** Equal to every text that `pattern` matches. */
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

let portal: ServedPortal

beforeAll(async () => {
  portal = await servePortal({ settings: { title: `Harbour ${EVIL}`, description: `Ships ${EVIL}` } })
})

afterAll(() => portal[Symbol.asyncDispose]())

async function page(): Promise<string> {
  return (await fetch(portal.url)).text()
}

test('says what the site is, with a search and its newest datasets', async () => {
  expect(await page()).toContain('There are none yet.')
  const { call } = portal.host.resolve(Portal)
  for (let number = 1; number <= 6; number++) {
    await call('package_create', { name: `ship-${number}`, title: `Ship ${number}` }, { trusted: true })
  }

  const text = await page()
  expect(text).toContain('<form class="search" method="get" action="/dataset">')
  expect(text).toMatch(/<strong>6<\/strong> datasets/)
  expect(text.match(/href="\/dataset\/ship-\d/g)).toEqual(
    [6, 5, 4, 3, 2].map((number) => `href="/dataset/ship-${number}`),
  )
})

test("shows the site's title and description as text", async () => {
  const text = await page()

  expect(text).not.toContain('<script')
  expect(text).toContain('<title>Harbour &quot;&gt;&lt;script&gt;')
})

test('is sent with headers that let nothing run and nobody frame it', async () => {
  const { headers } = await fetch(portal.url)

  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': matching(
      /^default-src 'none'; style-src 'self'; img-src 'self'; .*form-action 'self'; frame-ancestors 'none'$/,
    ),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'x-frame-options': 'DENY',
  })
  expect(headers.getSetCookie()).toEqual([])
})

test('leads browsers that ask for an icon by its old name to the icon of the pages', async () => {
  const response = await fetch(`${portal.url}/favicon.ico`)

  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('image/svg+xml')
  expect(await page()).toContain(new URL(response.url).pathname)
})

test('keeps files that it links to for ever, under names that change with them', async () => {
  const files = [...(await page()).matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path)
  expect(files).toHaveLength(3)

  for (const path of files) {
    const response = await fetch(`${portal.url}${path}`)
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toContain('immutable')
    expect(path).toMatch(/\.[0-9a-f]{8}\.(?:css|svg)$/)
  }
})
