/** `aldis run` on an embedded database, as processes: one folder for two, and a process that is killed as it writes. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

import { expect, test } from 'vitest'
import { z } from 'zod'

import { aldisMain, makeProject, pluginFiles, type CliProject } from './support/cli-project.ts'
import { fieldOf } from './support/field-of.ts'
import { callApi } from './support/portal-caller.ts'
import { root } from './support/repository.ts'

/** Fails at whatever it hears. */
const broken = `import { signals, SubscriptionMap } from '@aldis/core'
export default {
  getSignalSubscriptions: () => new SubscriptionMap()
    .on(signals.requestFinished, function note() { throw new Error('no such luck') }),
}
`
const config = `pluginPaths: [${root}/packages/*, plugins/*]
plugins: [models, portal, broken]
settings: { portal: { port: 0 } }
`
const files = { ...pluginFiles('broken', broken), 'aldis.config.yaml': config }
const slow = { timeout: 120_000 }

interface Running {
  readonly child: ChildProcess
  readonly url: string
  /** What it has logged. */
  readonly log: () => string
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** `aldis run` in the folder of `project`, once it listens. */
async function run({ folder }: CliProject): Promise<Running> {
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, [aldisMain, 'run'], { cwd: folder, env: { PATH, HOME } })
  // With all that it has written.
  const ended = once(child, 'close')
  const listening = Promise.withResolvers<string>()
  let log = ''
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
    const url = /http:\/\/\S+(?=\s)/.exec(said)?.[0]
    if (url !== undefined) listening.resolve(url)
  })
  void ended.then(() => listening.reject(new Error(`aldis run has ended: ${said}${log}`)))
  return {
    child,
    url: await listening.promise,
    log: () => log,
    async end(signal) {
      child.kill(signal)
      await ended
    },
  }
}

const User = z.object({ token: z.string() })

/** Make the user `ann`; resolves with an API token of hers. */
async function makeAnn(project: CliProject): Promise<string> {
  const made = await project.aldis([
    'user',
    'create',
    'ann',
    '--email',
    'ann@example.org',
    '--password',
    'long enough',
    '--sysadmin',
  ])
  expect(made).toMatchObject({ code: 0 })
  const { stdout } = await project.aldis(['user', 'token', 'ann', '--json'])
  return User.parse(JSON.parse(stdout)).token
}

test(
  'a second portal on the same folder does not start, and names the process that has it',
  slow,
  async () => {
    await using project = await makeProject({ ...files, 'other.config.yaml': config })
    const first = await run(project)
    try {
      // The same configuration is refused before it looks for the database.
      expect((await project.aldis(['run'])).stderr).toContain('CONTROL_SOCKET_HELD')
      const second = await project.aldis(['run'], { env: { ALDIS_CONFIG: 'other.config.yaml' } })
      expect(second.code).not.toBe(0)
      expect(second.stderr).toContain('DATABASE_LOCKED')
      expect(second.stderr).toContain(String(first.child.pid))
      expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
    } finally {
      await first.end('SIGTERM')
    }
  },
)

test('a receiver that throws is in the log, with plugin and signal', slow, async () => {
  await using project = await makeProject(files)
  const portal = await run(project)
  try {
    expect((await fetch(`${portal.url}/about`)).status).toBe(200)
  } finally {
    await portal.end('SIGTERM')
  }
  const lines = portal
    .log()
    .split('\n')
    .filter((line) => line.includes('a receiver failed'))
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    {
      plugin: 'broken',
      signal: 'ckan:request_finished',
      subscription: 'note',
      err: { message: 'no such luck' },
    },
  ])
})

test(
  'a portal that is killed as it writes starts again, with all that it said was stored',
  slow,
  async () => {
    await using project = await makeProject(files)
    let portal = await run(project)
    const token = await makeAnn(project)
    const stored: string[] = []
    for (let time = 0; time < 2; time++) {
      const writing = Array.from({ length: 4 }, async (_, client) => {
        for (let count = 0; ; count++) {
          const name = `dataset-${time}-${client}-${count}`
          const resources = [{ url: 'https://example.org/a.csv' }, { url: 'https://example.org/b.csv' }]
          // The process is gone.
          const made = await callApi(portal.url, 'package_create', { name, resources }, token).catch(
            () => undefined,
          )
          if (made === undefined) return
          expect(made.status).toBe(200)
          stored.push(name)
          if (stored.length === 30 * (time + 1)) portal.child.kill('SIGKILL')
        }
      })
      await Promise.all(writing)
      await portal.end('SIGKILL')

      portal = await run(project)
      const listed = await callApi(portal.url, 'package_list')
      const names = z.array(z.string()).parse(listed.result)
      expect(stored.filter((name) => !names.includes(name))).toEqual([])
      // Each dataset is there as a whole.
      for (const name of names.slice(-10)) {
        const { result } = await callApi(portal.url, 'package_show', { id: name })
        expect(fieldOf(result, 'num_resources')).toBe(2)
      }
      expect(await callApi(portal.url, 'package_create', { name: `after-${time}` }, token)).toMatchObject({
        status: 200,
      })
      await callApi(portal.url, 'package_delete', { id: `after-${time}` }, token)
    }
    await portal.end('SIGTERM')
  },
)
