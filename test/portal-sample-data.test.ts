/** What a portal is filled with when it serves for the first time, and who may log in then. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { chained, type Action } from '@aldis/portal'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { callApi, fieldOf, portalCaller } from './support/portal-caller.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const LOGIN = /^ {2}at {8}(?<page>\S+)\n {2}name {6}(?<name>\S+)\n {2}password {2}(?<password>\S+)$/m

/** The login that a portal printed while `body` ran; undefined when it printed none. */
async function printedLogin(body: () => Promise<unknown>): Promise<Record<string, string> | undefined> {
  let printed = ''
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += text.toString()
    return true
  })
  try {
    await body()
  } finally {
    write.mockRestore()
  }
  return LOGIN.exec(printed)?.groups
}

describeDatabases('sample data', (database) => {
  let portal: ServedPortal
  let login: Record<string, string> | undefined

  beforeAll(async () => {
    const settings = await database.settings()
    login = await printedLogin(async () => {
      portal = await servePortal({ database: settings, settings: { sampleData: true } })
    })
  })
  afterAll(async () => {
    await portal[Symbol.asyncDispose]()
  })

  test('there are datasets of an organization with tags, links and a file that can be downloaded', async () => {
    expect(await callApi(portal.url, 'package_search', {})).toMatchObject({ result: { count: 6 } })
    expect(await callApi(portal.url, 'organization_show', { id: 'harbour-town' })).toMatchObject({
      result: { package_count: 6, users: [{ name: 'admin', sysadmin: true, capacity: 'admin' }] },
    })
    const { result } = await callApi(portal.url, 'package_show', { id: 'tide-levels' })
    expect(result).toMatchObject({
      organization: { name: 'harbour-town' },
      num_tags: 3,
      resources: [{ url_type: 'upload', format: 'CSV', mimetype: 'text/csv' }],
    })
    const [resource]: unknown[] = [fieldOf(result, 'resources')].flat()
    const file = await fetch(String(fieldOf(resource, 'url')))
    expect(await file.text()).toMatch(/^time,gauge,level_m\n2026-01-05T00:00:00\.000Z,pier,3\.70\n/)
  })

  test('the login that is printed lets the sysadmin in, and is not in the log', async () => {
    const { page = '', name = '', password = '' } = login ?? {}
    expect(page).toBe(`${portal.url}/user/login`)
    expect(name).toBe('admin')
    expect(JSON.stringify(portal.logger.lines)).not.toContain(password)
    const form = await fetch(page)
    const cookie = form.headers.getSetCookie().map((each) => each.split(';')[0])
    const token = /name="(?<field>_csrf)" value="(?<value>[^"]+)"/.exec(await form.text())?.groups?.['value']

    const answer = await fetch(page, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie: cookie.join('; ') },
      body: new URLSearchParams({ login: name, password, _csrf: token ?? '' }),
    })

    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toBe('/user/me')
  })
})

test('without the setting there is nothing, and nobody', async () => {
  const login = await printedLogin(async () => {
    await using portal = await servePortal()
    expect(await callApi(portal.url, 'user_list')).toMatchObject({ result: [] })
  })
  expect(login).toBeUndefined()
})

test('a database that is there is not filled again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aldis-sample-'))
  const serve = async (): Promise<void> => {
    await using portal = await servePortal({
      database: { folder: join(folder, 'data') },
      settings: { sampleData: true },
    })
    expect(await callApi(portal.url, 'package_search', {})).toMatchObject({ result: { count: 6 } })
  }
  try {
    expect(await printedLogin(serve)).toBeDefined()
    expect(await printedLogin(serve)).toBeUndefined()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a portal that cannot be filled serves, empty', async () => {
  const refuses = {
    getActions: () => ({
      resource_create: chained<Action>((original) => ({
        ...original,
        run: () => {
          throw new Error('no room')
        },
      })),
    }),
  }
  const caller = portalCaller()
  await using portal = await servePortal({
    settings: { sampleData: true },
    plugins: [caller.definition, { name: 'refuses', plugin: refuses }],
  })

  expect(portal.logger.lines).toContainEqual(
    expect.objectContaining({ level: 'error', message: 'the sample data could not be made' }),
  )
  expect(await callApi(portal.url, 'user_list')).toMatchObject({ result: [] })
  expect(await callApi(portal.url, 'package_search', {})).toMatchObject({ result: { count: 0 } })
})
