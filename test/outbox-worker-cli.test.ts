/** `aldis worker`: processes that only deliver, beside each other and beside `aldis run`. */
import { spawn } from 'node:child_process'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { aldisMain, exitCode, makeProject, pluginFiles, type CliProject } from './support/cli-project.ts'
import { describeDatabases } from './support/databases.ts'
import { root } from './support/repository.ts'

const SHOP = `import { SubscriptionMap } from '@aldis/core'
import { namespace } from '@aldis/signals'
import { appendFileSync } from 'node:fs'
import { z } from 'zod'
const ordered = namespace('outbox_worker').declare('ordered', { payload: z.object({ label: z.string() }) })
const ship = (_shop, { label }) => appendFileSync('delivered.txt', process.pid + ' ' + label + '\\n')
export default {
  getSignalSubscriptions: () => new SubscriptionMap().on(ordered, ship, { id: 'ship', delivery: 'durable' }),
}
`
const CONFIG = `pluginPaths: [${root}/packages/*, plugins/*]
plugins: [models, outbox, shop]
settings: { outbox: { work: false } }
`

describeDatabases('aldis worker', (database) => {
  let project: CliProject
  let env: Record<string, string>

  beforeAll(async () => {
    const settings = await database.settings()
    env = 'url' in settings ? { DATABASE_URL: settings.url } : {}
    project = await makeProject({
      ...pluginFiles('shop', SHOP),
      'aldis.config.yaml': CONFIG,
      'delivered.txt': '',
    })
    expect((await project.aldis(['db', 'upgrade'], { env })).code).toBe(0)
  })

  afterAll(async () => {
    await project[Symbol.asyncDispose]()
  })

  function start(...argv: string[]): {
    readonly pid: number | undefined
    readonly said: () => string
    readonly stop: () => Promise<unknown>
  } {
    const child = spawn(process.execPath, [aldisMain, ...argv], {
      cwd: project.folder,
      env: { PATH: process.env['PATH'], PORT: '0', ...env },
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
    const ended = exitCode(child)
    const stop = (): Promise<unknown> => {
      child.kill('SIGTERM')
      return ended
    }
    return { pid: child.pid, said: () => text, stop }
  }

  async function send(label: string): Promise<void> {
    const argv = ['send', 'outbox_worker:ordered', '--sender', 'web', '--robust', '--data']
    expect((await project.aldis([...argv, JSON.stringify({ label })], { env })).code).toBe(0)
  }

  const delivered = async (): Promise<string[]> =>
    (await project.read('delivered.txt')).split('\n').filter((line) => line !== '')

  // oxlint-disable-next-line vitest/no-conditional-tests -- the two databases differ in this alone
  if (database.name === 'PGlite') {
    test('is refused on the embedded database, which one process has', async () => {
      const { code, stderr } = await project.aldis(['worker'], { env })
      expect(code).not.toBe(0)
      expect(stderr).toContain('WORKER_NEEDS_POSTGRESQL')
    })
    return
  }

  test('delivers in its own process, also beside the host of the same configuration, and SIGTERM ends it with 0', async () => {
    const host = start('run')
    await expect.poll(host.said, { timeout: 20_000 }).toContain('Try next')
    const worker = start('worker')
    await expect.poll(worker.said, { timeout: 20_000 }).toContain('Delivering')

    await send('a')
    await send('b')
    await expect.poll(delivered, { timeout: 15_000 }).toHaveLength(2)

    expect((await delivered()).toSorted()).toEqual([`${worker.pid} a`, `${worker.pid} b`].toSorted())
    expect(await worker.stop()).toBe(0)
    expect(await host.stop()).toBe(0)
  }, 90_000)
})
