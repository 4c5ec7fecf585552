/** The portal as people use it: in a Chromium, without JavaScript, with the mouse and with the keyboard alone. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Portal } from '@aldis/portal'
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { CONTRASTS } from './support/contrasts.ts'
import { pathOf, requires } from './support/requirements.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'
import { startSmtpServer, type TestSmtpServer } from './support/smtp-server.ts'

const PASSWORD = 'correct horse'
const CSV = 'harbour,depth\nHull,9.5\nÅrhus,11\n'
const EVIL = `"><script>document.title='owned'</script><img src=x onerror="document.title='owned'">`

const Made = z.object({ resources: z.array(z.object({ id: z.string() })) })

describe('the portal in a browser', requires('chromium'), () => {
  let smtp: TestSmtpServer
  let portal: ServedPortal
  let browser: Browser

  beforeAll(async () => {
    smtp = await startSmtpServer()
    portal = await servePortal({
      settings: { title: 'Harbour data', description: 'Depths and tides of harbours.', mailUrl: smtp.url },
    })
    browser = await chromium.launch({ executablePath: pathOf('chromium'), args: ['--no-sandbox'] })
    await call('user_create', {
      name: 'admin',
      email: 'admin@example.org',
      password: PASSWORD,
      sysadmin: true,
    })
    await call('user_create', {
      name: 'ann',
      email: 'ann@example.org',
      fullname: 'Ann Lee',
      password: PASSWORD,
    })
    const title = 'Harbour office'
    await call('organization_create', { name: 'harbour', title, description: 'Measures harbours.' })
    await call('organization_member_create', { id: 'harbour', username: 'ann', role: 'editor' })
    await call('package_create', {
      name: 'tides',
      title: 'Tides of the northern harbours, hour by hour',
      notes: 'High and low water.\n\nMeasured by buoys.',
      owner_org: 'harbour',
      tags: [{ name: 'tides' }, { name: 'north sea' }],
      extras: [{ key: 'buoy', value: 'N-17' }],
      resources: [{ url: 'https://example.org/tides.csv', name: 'Tides by hour', format: 'CSV' }],
    })
  })

  afterAll(async () => {
    await browser.close()
    await portal[Symbol.asyncDispose]()
    await smtp[Symbol.asyncDispose]()
  })

  function call(action: string, parameters: Record<string, unknown>): Promise<unknown> {
    return portal.host.resolve(Portal).call(action, parameters, { trusted: true })
  }

  interface Opened extends AsyncDisposable {
    readonly page: Page
    readonly context: BrowserContext
    /** What the browser complained about. */
    readonly complaints: readonly string[]
  }

  async function open(options: BrowserContextOptions = {}): Promise<Opened> {
    const context = await browser.newContext({ baseURL: portal.url, javaScriptEnabled: false, ...options })
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    return { page, context, complaints, [Symbol.asyncDispose]: () => context.close() }
  }

  async function logIn(page: Page, name: string, password = PASSWORD): Promise<void> {
    await page.goto('/user/login')
    await page.getByLabel('Username or e-mail').fill(name)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Log in' }).click()
    // Who goes elsewhere before the answer has come is not logged in.
    await page.waitForURL(`**/user/${name}`)
  }

  /** Until the page that was asked for has come, there is the one before. */
  async function expectHeading(page: Page, text: string): Promise<void> {
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe(text)
  }

  test('takes somebody from an account to a published file and back out, without JavaScript', async () => {
    await using opened = await open()
    const { page } = opened
    await page.goto('/')
    await page.getByRole('link', { name: 'Register' }).click()
    await page.getByLabel('Username').fill('bea')
    await page.getByLabel('Full name').fill('Bea Holm')
    await page.getByLabel('E-mail').fill('bea@example.org')
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByLabel('Password again').fill(PASSWORD)
    await page.getByRole('button', { name: 'Make the account' }).click()
    await expectHeading(page, 'Bea Holm')

    await page.getByRole('link', { name: 'Dashboard' }).click()
    await page.getByRole('link', { name: 'Add a dataset' }).click()
    await page.getByLabel('Title').fill('Depths of harbours')
    await page.getByLabel('Description').fill('How deep they are.')
    await page.getByLabel('Tags').fill('depth, harbours')
    await page.getByRole('button', { name: 'Add the dataset' }).click()
    await page.waitForURL('**/dataset/depths-of-harbours')
    expect(await page.getByRole('status').innerText()).toContain('The dataset has been made')

    await page.getByRole('link', { name: 'Add a resource' }).click()
    const file = { name: 'häfen 1.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) }
    await page.getByLabel('File').setInputFiles(file)
    await page.getByRole('button', { name: 'Add the resource' }).click()
    await page.getByRole('link', { name: 'häfen 1.csv' }).click()
    const downloading = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download' }).click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe('häfen 1.csv')
    expect(await readFile(await download.path(), 'utf8')).toBe(CSV)

    await page.goto('/')
    await page.getByLabel('Search datasets').fill('depths')
    await page.getByRole('button', { name: 'Search' }).click()
    expect(await page.getByRole('status').innerText()).toContain('1 dataset found for “depths”')
    await page.getByRole('link', { name: 'Depths of harbours' }).click()
    await page.getByRole('link', { name: 'Edit' }).click()
    expect(await page.getByLabel('Tags').inputValue()).toBe('depth, harbours')
    await page.getByLabel('Title').fill('Depths of all harbours')
    await page.getByRole('button', { name: 'Save' }).click()
    await expectHeading(page, 'Depths of all harbours')
    await expect.poll(() => page.getByRole('link', { name: 'häfen 1.csv' }).count()).toBe(1)

    await page.getByRole('link', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete the dataset' }).click()
    await expect.poll(() => page.getByText('Depths of all harbours').count()).toBe(1)
    await page.getByRole('button', { name: 'Log out' }).click()
    await expectHeading(page, 'Logged out')
    await page.goto('/dashboard')
    await expectHeading(page, 'Log in')
  })

  test('sets a forgotten password by the link in the mail', async () => {
    await call('user_create', { name: 'cid', email: 'cid@example.org', password: PASSWORD })
    await using opened = await open()
    const { page } = opened
    await page.goto('/user/login')
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await page.getByLabel('Username or e-mail').fill('cid')
    await page.getByRole('button', { name: 'Send the link' }).click()
    expect(await page.getByRole('status').innerText()).toContain('emailed')

    const link = /https?:\S+\/user\/reset\/\S+/.exec((await smtp.nextMail()).text)?.[0] ?? ''
    await page.goto(link)
    await page.getByLabel('New password', { exact: true }).fill('battery staple')
    await page.getByLabel('New password again').fill('battery staple')
    await page.getByRole('button', { name: 'Set the password' }).click()
    await logIn(page, 'cid', 'battery staple')
    await expectHeading(page, 'cid')
  })

  test('can be logged in to with the keyboard alone', async () => {
    await using opened = await open()
    const { page } = opened
    await page.goto('/user/login')
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.type('ann')
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/user/ann')

    await expectHeading(page, 'Ann Lee')
  })

  test('brings who made a mistake to what is wrong, and from there to the field', async () => {
    await using opened = await open()
    const { page } = opened
    await logIn(page, 'ann')
    await page.goto('/dataset/new')
    await page.getByLabel('Title').fill('Tides again')
    await page.getByLabel('Name in the address').fill('tides')
    await page.getByRole('button', { name: 'Add the dataset' }).click()

    await expect.poll(() => page.title()).toMatch(/^Error: /)
    await expect.poll(() => page.locator(':focus').getAttribute('role')).toBe('alert')
    await page.getByRole('link', { name: 'Name in the address: That URL is already in use.' }).click()
    expect(await page.locator(':focus, :target').first().getAttribute('name')).toBe('name')
    expect(await page.getByLabel('Title').inputValue()).toBe('Tides again')
  })

  test('shows a token once, and takes it back', async () => {
    await using opened = await open()
    const { page } = opened
    await logIn(page, 'ann')
    await page.getByRole('link', { name: 'API tokens' }).click()
    await page.getByLabel('What it is for').fill('nightly job')
    await page.getByRole('button', { name: 'Make the token' }).click()
    const token = await page.locator('#token').innerText()
    const asked = (): Promise<Response> =>
      fetch(`${portal.url}/api/action/organization_list_for_user?permission=read`, {
        headers: { authorization: token },
      })
    expect(await (await asked()).text()).toContain('harbour')

    await page.goto('/user/ann/api-tokens')
    expect(await page.content()).not.toContain(token)
    await page.getByRole('button', { name: 'Revoke' }).click()
    await expect.poll(() => page.getByText('There are none.').count()).toBe(1)
    expect(await (await asked()).text()).not.toContain('harbour')
  })

  test('shows administrators the plugins and what is sent, and nobody else', async () => {
    await using opened = await open()
    const { page } = opened
    await logIn(page, 'admin')
    await page.getByRole('link', { name: 'Administration' }).click()
    await expect.poll(() => page.getByRole('heading', { name: /portal/ }).count()).toBe(1)
    await page.getByRole('link', { name: 'Signals' }).click()
    await page.goto('/about')
    await page.goto('/admin/signals')
    await page.getByRole('link', { name: 'All', exact: true }).click()
    const sends = page.getByRole('region', { name: 'Sent lately' })
    await expect
      .poll(() => sends.getByRole('row', { name: /ckan:request_started/ }).count())
      .toBeGreaterThan(0)

    await using other = await open()
    await logIn(other.page, 'ann')
    expect((await other.page.goto('/admin/signals'))?.status()).toBe(403)
  })

  describe('shows what anybody wrote as text:', () => {
    test('in every field of a dataset, its resource, its organization and its user', async () => {
      await call('user_create', {
        name: 'evil',
        email: 'evil@example.org',
        fullname: EVIL,
        about: EVIL,
        password: PASSWORD,
      })
      await call('organization_create', { name: 'evil', title: EVIL, description: EVIL })
      await call('organization_member_create', { id: 'evil', username: 'evil', role: 'admin' })
      const texts = ['title', 'notes', 'version', 'author', 'maintainer', 'license_id']
      const made = Made.parse(
        await call('package_create', {
          name: 'evil',
          ...Object.fromEntries(texts.map((name) => [name, EVIL])),
          owner_org: 'evil',
          extras: [{ key: EVIL, value: EVIL }],
          resources: [{ url: `https://example.org/${EVIL}`, name: EVIL, description: EVIL, format: EVIL }],
        }),
      )
      await using opened = await open({ javaScriptEnabled: true })
      const { page, complaints } = opened
      await logIn(page, 'evil')
      const resource = `/dataset/evil/resource/${made.resources[0]?.id}`
      const paths = [
        '/',
        '/dataset',
        `/dataset?q=${encodeURIComponent(EVIL)}&tags=${encodeURIComponent(EVIL)}&organization=${encodeURIComponent(EVIL)}`,
        '/dataset/evil',
        '/dataset/edit/evil',
        '/dataset/delete/evil',
        resource,
        `${resource}/edit`,
        `${resource}/delete`,
        '/organization',
        '/organization/evil',
        '/organization/edit/evil',
        '/organization/members/evil',
        '/user/evil',
        '/user/edit/evil',
        '/user/evil/api-tokens',
        '/dashboard',
      ]
      for (const path of paths) {
        await page.goto(path)
        expect([path, await page.title()]).not.toEqual([path, 'owned'])
        expect([path, await page.locator('main script, main img').count()]).toEqual([path, 0])
        expect(await page.content()).toContain('document.title=')
      }
      expect(complaints.filter((text) => !text.includes('400'))).toEqual([])
    })
  })

  const LOOKED_AT = [
    '/',
    '/about',
    '/dataset',
    '/dataset/tides',
    '/dataset/new',
    '/dataset/edit/tides',
    '/dataset/tides/resource/new',
    '/organization',
    '/organization/harbour',
    '/organization/members/harbour',
    '/user/ann',
    '/user/edit/ann',
    '/user/ann/api-tokens',
    '/dashboard',
    '/admin/plugins',
    '/admin/signals',
    '/nowhere',
  ]

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    test.each([1280, 320])('every page fits a window %i pixels wide and can be read', async (width) => {
      await using opened = await open({
        colorScheme,
        javaScriptEnabled: true,
        viewport: { width, height: 900 },
      })
      const { page } = opened
      for (const path of ['/user/login', '/user/register', '/user/reset']) await look(page, path)
      await logIn(page, 'admin')
      for (const path of LOOKED_AT) await look(page, path)

      async function look(on: Page, path: string): Promise<void> {
        await on.goto(path)
        const overflow: unknown = await on.evaluate(
          `Math.max(document.documentElement.scrollWidth - ${width}, 0)`,
        )
        expect([path, overflow]).toEqual([path, 0])
        expect([path, await on.evaluate(CONTRASTS)]).toEqual([path, []])
        const folder = process.env['ALDIS_SCREENSHOTS']
        if (folder === undefined) return
        const name = `${colorScheme}-${width}${path.replaceAll('/', '_')}.png`
        await on.screenshot({ path: join(folder, name), fullPage: true })
      }
    })
  })
})
