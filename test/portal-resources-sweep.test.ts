/** Files that no resource has are removed while the portal serves. */
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { fieldOf } from './support/field-of.ts'
import { callApi, portalCaller } from './support/portal-caller.ts'
import { callWithFile } from './support/portal-upload.ts'
import { servePortal } from './support/served-portal.ts'

const DAY_MS = 24 * 60 * 60 * 1000

describeDatabases('the sweep of the storage', (database) => {
  let folder: string
  let strays: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aldis-sweep-'))
    strays = join(folder, 'files', 'resources', 'aaa', 'aaa')
    await mkdir(strays, { recursive: true })
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function age(path: string, ageMs: number): Promise<void> {
    const then = new Date(Date.now() - ageMs)
    await utimes(path, then, then)
  }

  async function stray(start: string, ageMs: number): Promise<string> {
    const name = `${start}-aaaa-4aaa-8aaa-aaaaaaaaaaaa`
    await writeFile(join(strays, name), 'stray')
    await age(join(strays, name), ageMs)
    return name
  }

  test('removes old files without a resource when serving starts and every hour, and nothing else', async () => {
    await stray('aa', 2 * DAY_MS)
    const young = await stray('bb', DAY_MS / 2)
    const caller = portalCaller()
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const portal = await servePortal({
        database: await database.settings(),
        settings: { folder },
        plugins: [caller.definition],
      })
      await vi.waitFor(async () => expect(await readdir(strays)).toEqual([young]), { timeout: 10_000 })

      const token = await caller.userWithToken({ name: 'ann' })
      await callApi(portal.url, 'package_create', { name: 'rivers' }, token)
      const file = { content: 'a,b\n', name: 'rivers.csv' }
      const made = await callWithFile(portal.url, 'resource_create', { package_id: 'rivers' }, file, token)
      expect(made.status).toBe(200)
      const resources = join(folder, 'files', 'resources')
      const paths = await readdir(resources, { recursive: true, withFileTypes: true })
      for (const entry of paths.filter((one) => one.isFile() && one.name !== young)) {
        await age(join(entry.parentPath, entry.name), 2 * DAY_MS)
      }

      await stray('cc', 2 * DAY_MS)
      vi.advanceTimersByTime(60 * 60 * 1000)
      await vi.waitFor(async () => expect(await readdir(strays)).toEqual([young]), { timeout: 10_000 })
      const download = await fetch(String(fieldOf(made.result, 'url')))
      expect(await download.text()).toBe('a,b\n')

      await portal[Symbol.asyncDispose]()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})
