/** The commands of the outbox as people call them: from a shell, while a host runs and while none does. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'

import { aldisMain, exitCode, makeProject, pluginFiles, type CliProject } from './support/cli-project.ts'
import { root } from './support/repository.ts'

/** Ships what is ordered, and gives up on what has no address. */
const shop = `import { SubscriptionMap } from '@aldis/core'
import { namespace } from '@aldis/signals'
import { z } from 'zod'
const ordered = namespace('outbox_cli').declare('ordered', { payload: z.object({ label: z.string(), address: z.string() }) })
export default {
  getSignalSubscriptions: () => new SubscriptionMap().on(ordered, (_sender, { address }) => {
    if (address === '') throw Object.assign(new Error('It has no address.'), { code: 'DO_NOT_RETRY' })
  }, { id: 'ship', delivery: 'durable' }),
}
`
/** Asks for a category in a slip of the pen, and for one that there is. */
const mirror = `import { SubscriptionMap } from '@aldis/core'
import { defineCategory, defineScope, inShards, processControlOutbox, processRegionOutbox } from '@aldis/outbox'
defineCategory('player_update', { scope: defineScope('club') })
export default {
  getSignalSubscriptions: () => new SubscriptionMap()
    .on(processRegionOutbox, () => undefined, { id: 'slip', sender: 'player_updat', ...inShards })
    .on(processControlOutbox, () => undefined, { id: 'right', sender: 'player_update', ...inShards })
    .on(processControlOutbox, () => undefined, { id: 'every', ...inShards }),
}
`
const config = `
pluginPaths: [${root}/packages/*, plugins/*]
plugins: [models, outbox, shop]
settings:
  models: { folder: data }
`

const Findings = z.object({ findings: z.array(z.object({ code: z.string(), message: z.string() })) })
/** Equal to every text with `part` in it. */
const containing = (part: string): unknown => expect.stringContaining(part)

let project: CliProject
beforeAll(async () => {
  project = await makeProject({
    ...pluginFiles('shop', shop),
    ...pluginFiles('mirror', mirror, { requires: { outbox: '*' } }),
    'aldis.config.yaml': config,
  })
})
afterAll(async () => {
  await project[Symbol.asyncDispose]()
})

const order = (label: string, address: string): Promise<unknown> =>
  project.aldis([
    'send',
    'outbox_cli:ordered',
    '--sender',
    'web',
    '--robust',
    '--data',
    JSON.stringify({ label, address }),
  ])
const statsOf = async (): Promise<unknown> =>
  JSON.parse((await project.aldis(['outbox', 'stats', '--json'])).stdout)

test('what is sent waits until it is drained, and what is parked can be dealt with', async () => {
  expect(await order('tea', 'Kirkwall')).toMatchObject({ code: 0 })
  expect(await order('milk', '')).toMatchObject({ code: 0 })
  expect(await statsOf()).toMatchObject({ waiting: 2, parked: 0 })
  expect(await project.aldis(['outbox', 'drain'])).toMatchObject({ code: 0, stdout: '' })
  expect(await statsOf()).toMatchObject({ waiting: 0, parked: 1 })

  const { stdout, stderr } = await project.screen(['outbox', 'list', '--state', 'parked'])
  const [, job = '', reason] = stdout.split('\n')
  expect(job).toMatch(/^\S{36} +parked +1 +\d+[sm] +shop:ship$/)
  expect(reason).toBe('    DO_NOT_RETRY: It has no address.')
  expect(stderr).toContain('1 job.')
  const [id = ''] = job.split(' ')
  expect((await project.aldis(['outbox', 'show', id])).stdout).toContain('"label": "milk"')
  expect(await project.aldis(['outbox', 'discard', id])).toMatchObject({
    code: 0,
    stderr: 'The job is discarded.\n',
  })

  const refused = await project.aldis(['outbox', 'discard', id])
  expect(refused).toMatchObject({ code: 3, stdout: '' })
  expect(refused.stderr).toMatch(/^error JOB_UNKNOWN: /)
}, 300_000)

test('while a host runs, which holds the embedded database, it runs them', async () => {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [aldisMain, 'run'], { cwd: project.folder, env: { PATH } })
  const ended = exitCode(child)
  try {
    for await (const line of createInterface(child.stdout)) if (line.includes('plugins')) break
    await order('milk', '')
    await expect
      .poll(statsOf, { timeout: 120_000, interval: 100 })
      .toMatchObject({ waiting: 0, running: 0, parked: 1 })
    const list = await project.aldis(['outbox', 'list', '--receiver', 'shop', '--state', 'parked', '--json'])
    const { jobs } = z
      .object({ jobs: z.array(z.object({ error: z.string() })) })
      .parse(JSON.parse(list.stdout))
    expect(jobs).toEqual([{ error: 'It has no address.' }])
    expect(await project.aldis(['outbox', 'discard', '--all'])).toMatchObject({
      stderr: '1 job discarded.\n',
    })
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}, 300_000)

test('the help of each command fits into 80 columns', async () => {
  for (const words of [
    ['outbox'],
    ['worker'],
    ...['stats', 'shards', 'list', 'show', 'retry', 'discard', 'drain', 'resume'].map((verb) => [
      'outbox',
      verb,
    ]),
  ]) {
    const { stdout, code } = await project.screen([...words, '--help'])
    expect(code).toBe(0)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  }
}, 300_000)

test('doctor finds the receiver of a category that nobody has defined', async () => {
  const withMirror = { env: { ALDIS_PLUGINS: 'models,outbox,mirror' } }
  const { stdout } = await project.aldis(['doctor', '--json'], withMirror)
  const { findings } = Findings.parse(JSON.parse(stdout))
  expect(findings.filter(({ code }) => code === 'SENDER_UNREACHABLE').map(({ message }) => message)).toEqual([
    containing(
      'outbox:process_region_outbox is never sent by player_updat; did you mean player_update? (mirror:slip at ',
    ),
  ])
  const show = (options?: typeof withMirror) =>
    project.aldis(['signals', 'show', 'outbox:process_control_outbox'], options)
  expect((await show(withMirror)).stdout).toContain('sender player_update ·')
  expect((await show()).stdout).toContain('sender none ·')
}, 120_000)

test('worker refuses the embedded database', async () => {
  const { code, stderr } = await project.aldis(['worker'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^error WORKER_NEEDS_POSTGRESQL: .*\(DATABASE_URL\)/)
}, 120_000)
