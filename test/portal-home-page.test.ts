/** The home page as people see it: in a browser, wide and narrow, light and dark, without JavaScript. */
import { namespace } from '@aldis/signals'
import { signals, SubscriptionMap } from '@aldis/core'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { pathOf, requires } from './support/requirements.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

/** Equal to every text that `pattern` matches. */
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

const EVIL = `"><script>document.title='owned'</script><img src=x onerror="document.title='owned'">`

const silly = namespace('home_page')
silly.declare('silly_name', { doc: EVIL, deprecated: EVIL })

class ListeningPlugin {
  getSignalSubscriptions(): SubscriptionMap {
    return new SubscriptionMap()
      .on(signals.requestFinished, function hear() {})
      .on(signals.loggedIn, function welcome() {})
      .on(signals.ckanext.signal('home_page_undeclared'), function guess() {})
  }
}

describe('the home page', requires('chromium'), () => {
  let portal: ServedPortal
  let browser: Browser

  beforeAll(async () => {
    const settings = { title: `Harbour ${EVIL}`, description: `Ships ${EVIL}` }
    portal = await servePortal({
      settings,
      plugins: [{ name: 'listener', plugin: ListeningPlugin, version: '1.2.3' }],
    })
    browser = await chromium.launch({ executablePath: pathOf('chromium'), args: ['--no-sandbox'] })
  })

  afterAll(async () => {
    await browser.close()
    await portal[Symbol.asyncDispose]()
  })

  /** Open the page and collect what the browser complains about. */
  async function open(
    options: BrowserContextOptions = {},
  ): Promise<AsyncDisposable & { page: Page; complaints: string[] }> {
    const context = await browser.newContext(options)
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('requestfailed', (request) => complaints.push(request.url()))
    await page.goto(portal.url)
    return { page, complaints, [Symbol.asyncDispose]: () => context.close() }
  }

  test('shows the title, the enabled plugins, and every signal with its receivers', async () => {
    await using opened = await open({ javaScriptEnabled: false })
    const { page } = opened

    expect(await page.title()).toBe(`Harbour ${EVIL}`)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(`Harbour ${EVIL}`)
    const cards = page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 3 }) })
    expect(await cards.count()).toBe(2)
    const listener = await cards.filter({ hasText: 'listener' }).innerText()
    expect(listener).toMatch(/listener 1\.2\.3[^]*aldis:ISignal[^]*3 subscriptions/)

    const row = (key: string) => page.getByRole('row').filter({ has: page.getByText(key, { exact: true }) })
    expect(await row('ckan:request_finished').innerText()).toMatch(/is about to go out\.\s+inline\s+1/)
    expect(await row('ckan:logged_in').innerText()).toMatch(/A user has logged in\.\s+commit\s+1/)
    expect(await row('ckan:failed_login').innerText()).toMatch(/commit\s+0/)
    expect(await row('ckanext:home_page_undeclared').innerText()).toMatch(/Undeclared[^]*inline\s+1/)
    expect(await page.getByRole('row').count()).toBe(1 + portal.host.signals.length)
  })

  test('shows what plugins wrote as text, and the browser has nothing to complain about', async () => {
    await using opened = await open()
    const { page, complaints } = opened

    expect(await page.title()).not.toBe('owned')
    expect(await page.locator('main script, main img').count()).toBe(0)
    expect(await page.getByText(`Deprecated: ${EVIL}`).count()).toBe(1)
    expect(complaints).toEqual([])
  })

  test('is sent with headers that let nothing run and nobody frame it', async () => {
    const { headers } = await fetch(portal.url)

    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': matching(
        /^default-src 'none'; style-src 'self'; img-src 'self'; .*frame-ancestors 'none'$/,
      ),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    })
  })

  test('keeps files that it links to for ever, under names that change with them', async () => {
    const page = await (await fetch(portal.url)).text()
    const files = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path)
    expect(files).toHaveLength(3)

    for (const path of files) {
      const response = await fetch(`${portal.url}${path}`)
      expect(response.status).toBe(200)
      expect(response.headers.get('cache-control')).toContain('immutable')
      expect(path).toMatch(/\.[0-9a-f]{8}\.(?:css|svg)$/)
    }
  })

  test.each([1280, 320])('fits a window %i pixels wide', async (width) => {
    await using opened = await open({ viewport: { width, height: 800 } })

    expect(await opened.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
  })

  test.each(['light', 'dark'] as const)(
    'can be read in %s: text stands out from what is behind it',
    async (colorScheme) => {
      await using opened = await open({ colorScheme })
      const contrasts: unknown = await opened.page.evaluate(CONTRASTS)

      expect(contrasts).toEqual([])
      const background: unknown = await opened.page.evaluate(
        'getComputedStyle(document.body).backgroundColor',
      )
      expect(background).toBe(colorScheme === 'light' ? 'rgb(246, 247, 249)' : 'rgb(14, 22, 29)')
    },
  )

  test('lets the keyboard skip to the content', async () => {
    await using opened = await open()
    const { page } = opened
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Skip to the content')

    await page.keyboard.press('Enter')
    expect(await page.locator(':focus').getAttribute('id')).toBe('main')
  })
})

/** Run in the page: the texts whose contrast is less than the 4.5 that WCAG asks for. */
const CONTRASTS = `
  (() => {
    const channels = (color) => color.match(/[\\d.]+/g).map(Number)
    const luminance = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
      return 0.2126 * x + 0.7152 * y + 0.0722 * z
    }
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const color = channels(getComputedStyle(at).backgroundColor)
        if (color.length === 3 || color[3] === 1) return color
      }
      return [255, 255, 255]
    }
    const low = []
    for (const element of document.querySelectorAll('body *')) {
      const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('')
      if (text === '') continue
      const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))].sort((x, y) => y - x)
      const contrast = (a + 0.05) / (b + 0.05)
      if (contrast < 4.5) low.push([text.slice(0, 40), contrast.toFixed(2)])
    }
    return low
  })()
`
