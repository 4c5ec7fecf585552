/** A portal that is killed under load, again and again: what was committed is delivered, and what was not never is. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { callApi } from './support/portal-caller.ts'
import { startTellingProcess } from './support/telling-process.ts'

/** After how many answers each process is killed. */
const KILLS = [25, 40, 15]
const CLIENTS = 6
/** How many jobs of a receiver are taken at once, as the outbox has it by default. */
const BATCH_SIZE = 10
const ORGANIZATIONS = ['port', 'rail', 'roads']
/** The jobs of a process that was killed are given to the next within this, and a machine is slow at times. */
const RECOVERY = { timeout: 60_000, interval: 250 }

const Names = z.array(z.string())
const Written = z.object({ name: z.string(), event: z.string() })
const Features = z.array(z.object({ organization_name: z.string().nullable(), feature: z.string() }))
const Ready = z.object({ url: z.string(), token: z.string() })

interface Running extends z.output<typeof Ready> {
  readonly child: ChildProcess
  /** How many jobs wait, run and are parked. */
  stats(): Promise<unknown>
  stop(): Promise<void>
}

async function startPortal(settings: object): Promise<Running> {
  const { child, next } = startTellingProcess(
    new URL('support/outbox-portal-process.ts', import.meta.url),
    settings,
  )
  return {
    child,
    ...Ready.parse(await next()),
    async stats() {
      child.stdin.write('?\n')
      return next()
    },
    async stop() {
      const closed = once(child, 'close')
      child.stdin.end()
      await closed
    },
  }
}

describeDatabases('a portal that is killed under load', (database) => {
  let folder: string
  let models: object
  let running: Running | undefined

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aldis-kill-'))
    models = database.name === 'PGlite' ? { folder: join(folder, 'data') } : await database.settings()
  })
  afterAll(async () => {
    if (running?.child.exitCode === null && running.child.kill('SIGKILL')) await once(running.child, 'close')
    await rm(folder, { recursive: true, force: true })
  })

  /** Make datasets, several at once, until the process is killed, after `answers` of them; returns those that were answered. */
  async function load(
    { child, url }: Running,
    token: string,
    run: number,
    answers: number,
  ): Promise<string[]> {
    const answered: string[] = []
    const client = async (number: number): Promise<void> => {
      for (let count = 0; ; count++) {
        const name = `dataset-${run}-${number}-${count}`
        const owner_org = ORGANIZATIONS[run]
        // Without an answer, the process is gone.
        const made = await callApi(url, 'package_create', { name, owner_org }, token).catch(() => undefined)
        if (made === undefined) return
        expect(made).toMatchObject({ status: 200 })
        answered.push(name)
        if (answered.length === answers) child.kill('SIGKILL')
      }
    }
    const closed = once(child, 'close')
    await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)))
    await closed
    return answered
  }

  test('loses nothing, and delivers nothing that did not happen', { timeout: 240_000 }, async () => {
    const ledger = join(folder, 'ledger')
    const settings = { models, portal: { port: 0, folder: join(folder, 'var') }, ledger }
    const written = async (): Promise<z.output<typeof Written>[]> =>
      (await readFile(ledger, 'utf8'))
        .split('\n')
        .slice(0, -1)
        .map((line) => Written.parse(JSON.parse(line)))

    running = await startPortal({ ...settings, user: 'root' })
    const { token } = running
    const call = async (action: string, parameters: object = {}): Promise<unknown> => {
      const answer = await callApi(running?.url ?? '', action, parameters, token)
      expect(answer).toMatchObject({ status: 200 })
      return answer.result
    }
    for (const name of ORGANIZATIONS) await call('organization_create', { name })
    const answered: string[] = []
    for (const [run, answers] of KILLS.entries()) {
      answered.push(...(await load(running, token, run, answers)))
      running = await startPortal(settings)
    }

    const last = running
    const idle = { waiting: 0, running: 0, parked: 0 }
    await vi.waitFor(async () => expect(await last.stats()).toEqual(idle), RECOVERY)

    // What was answered is there; what is there has been delivered, answered or not; and nothing else has.
    const datasets = Names.parse(await call('package_list'))
    expect(answered.filter((name) => !datasets.includes(name))).toEqual([])
    const lines = await written()
    const delivered = new Set(lines.map(({ name }) => name))
    expect([...delivered].toSorted()).toEqual(datasets.toSorted())
    const events = new Set(lines.map(({ event }) => event))
    expect(events.size, 'each dataset has one event').toBe(datasets.length)
    expect(lines.length - events.size).toBeLessThanOrEqual(KILLS.length * BATCH_SIZE)

    const features = Features.parse(await call('feature_adoption_list'))
    expect(
      features.map(({ organization_name: name, feature }) => `${name ?? 'site'} ${feature}`).sort(),
    ).toEqual([
      ...ORGANIZATIONS.flatMap((name) => [
        `${name} dataset_created`,
        `${name} dataset_published`,
        `${name} organization_created`,
      ]),
      'site token_created',
      'site user_created',
    ])
    await last.stop()
  })
})
