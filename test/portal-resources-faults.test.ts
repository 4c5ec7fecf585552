/** Uploads that a crash, or a full disk, ends: nothing half-done stays. */
import { execFileSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { fieldOf } from './support/field-of.ts'
import { callApi, portalCaller } from './support/portal-caller.ts'
import { callWithFile } from './support/portal-upload.ts'
import { servePortal } from './support/served-portal.ts'
import { startTellingProcess } from './support/telling-process.ts'

const DAY_MS = 24 * 60 * 60 * 1000

interface PortalProcess {
  readonly child: ChildProcess
  readonly url: string
  readonly token: string
  /** The next line that it tells. */
  next(): Promise<unknown>
}

async function startPortal(settings: object): Promise<PortalProcess> {
  const { child, next } = startTellingProcess(new URL('support/portal-process.ts', import.meta.url), settings)
  const ready = await next()
  return { child, next, url: String(fieldOf(ready, 'url')), token: String(fieldOf(ready, 'token')) }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

describeDatabases('an upload', (database) => {
  let folder: string
  let models: object

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aldis-faults-'))
    models = database.name === 'PGlite' ? { folder: join(folder, 'data') } : await database.settings()
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('that a crash ends leaves no row, and its file is swept', async () => {
    const portal = { port: 0, folder: join(folder, 'var') }
    const files = join(folder, 'var', 'files')
    const first = await startPortal({ models, portal, user: 'ann' })
    const { token, url } = first
    expect(await callApi(url, 'package_create', { name: 'rivers' }, token)).toMatchObject({ status: 200 })
    const file = { content: 'a,b\n', name: 'kept.csv' }
    const kept = await callWithFile(url, 'resource_create', { package_id: 'rivers' }, file, token)
    expect(kept.status).toBe(200)

    // One whose bytes are still coming in, and one that is stored and not committed.
    const half = request(`${url}/api/action/resource_create`, {
      method: 'POST',
      headers: { authorization: token, 'content-type': 'multipart/form-data; boundary=x' },
    })
    half.on('error', () => undefined)
    half.write(
      `--x\r\ncontent-disposition: form-data; name="upload"; filename="half.csv"\r\n\r\n${'1,2\n'.repeat(50_000)}`,
    )
    await vi.waitFor(async () => expect(await filesIn(join(files, 'incoming'))).toHaveLength(1), 10_000)
    const hanging = callWithFile(
      url,
      'resource_create',
      { package_id: 'rivers', name: 'hang' },
      { content: 'x,y\n', name: 'hang.csv' },
      token,
    ).catch(() => undefined)
    expect(await first.next()).toEqual({ hangs: true })
    first.child.kill('SIGKILL')
    await once(first.child, 'close')
    await hanging
    expect(await filesIn(files)).toHaveLength(3)

    const second = await startPortal({ models, portal })
    expect((await callApi(second.url, 'package_show', { id: 'rivers' })).result).toMatchObject({
      num_resources: 1,
    })
    expect(await filesIn(files)).toHaveLength(3)
    second.child.stdin?.end()
    await once(second.child, 'close')

    const then = new Date(Date.now() - 2 * DAY_MS)
    for (const path of await filesIn(files)) await utimes(path, then, then)
    const third = await startPortal({ models, portal })
    await vi.waitFor(async () => expect(await filesIn(files)).toHaveLength(1), 10_000)
    const id = String(fieldOf(kept.result, 'id'))
    const download = await fetch(`${third.url}/dataset/rivers/resource/${id}/download/kept.csv`)
    expect(await download.text()).toBe('a,b\n')
    third.child.stdin?.end()
    await once(third.child, 'close')
  }, 60_000)

  test('that fills the disk is answered in the envelope, and leaves nothing', async ({ skip }) => {
    const small = join(folder, 'small')
    await mkdir(small)
    try {
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=256k', 'aldis-test', small], { stdio: 'pipe' })
    } catch {
      skip('only root can mount a disk that is small enough to fill')
    }
    try {
      const caller = portalCaller()
      await using portal = await servePortal({
        database: await database.settings(),
        settings: { folder: small },
        plugins: [caller.definition],
      })
      const token = await caller.userWithToken({ name: 'ann' })
      await callApi(portal.url, 'package_create', { name: 'rivers' }, token)
      const send = (bytes: number): ReturnType<typeof callWithFile> =>
        callWithFile(
          portal.url,
          'resource_create',
          { package_id: 'rivers' },
          { content: 'x'.repeat(bytes), name: 'big.csv' },
          token,
        )
      expect(await send(400_000)).toMatchObject({
        status: 507,
        success: false,
        error: { __type: 'Internal Server Error' },
      })
      expect(await filesIn(join(small, 'files'))).toEqual([])
      expect((await callApi(portal.url, 'package_show', { id: 'rivers' })).result).toMatchObject({
        num_resources: 0,
      })
      expect(await send(100_000)).toMatchObject({ status: 200, result: { size: 100_000 } })
    } finally {
      execFileSync('/bin/umount', [small])
    }
  })
})
