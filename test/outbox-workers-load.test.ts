/** Two `aldis worker` processes under load, of which one is killed and one is asked to end. */
import { spawn, type ChildProcess } from 'node:child_process'

import { SubscriptionMap } from '@aldis/core'
import { transaction } from '@aldis/models'
import { namespace, type Signal } from '@aldis/signals'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { aldisMain, exitCode, makeProject, pluginFiles, type CliProject } from './support/cli-project.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'
import { startPostgres, type PostgresServer } from './support/postgres-server.ts'
import { root } from './support/repository.ts'
import { requires } from './support/requirements.ts'

const ordered: Signal<string, { readonly label: string }> = namespace('outbox_load').declare('ordered', {
  payload: z.object({ label: z.string() }),
})

/** Writes down when a receiver begins and ends, and by which process. That of `hold` outlives SIGTERM by a while. */
const SHOP = `import { SubscriptionMap } from '@aldis/core'
import { namespace } from '@aldis/signals'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { setTimeout as pass } from 'node:timers/promises'
import { z } from 'zod'
const ordered = namespace('outbox_load').declare('ordered', { payload: z.object({ label: z.string() }) })
async function ship(_sender, { label }, meta) {
  const tell = (word) => appendFileSync('calls.txt', [word, process.pid, label, meta.event.id].join(' ') + '\\n')
  tell('begins')
  if (label === 'hold') await once(process, 'SIGTERM')
  await pass(label === 'hold' ? 500 : 5)
  tell('ends')
}
export default {
  getSignalSubscriptions: () => new SubscriptionMap().on(ordered, ship, { id: 'ship', delivery: 'durable' }),
}
`
const BATCH_SIZE = 5
const CONFIG = `pluginPaths: [${root}/packages/*, plugins/*]
plugins: [models, outbox, shop]
settings: { outbox: { work: false, batchSize: ${BATCH_SIZE} } }
`
/** The lease, the look for leases that have run out, the first retry's delay, the poll, and some time for each. */
const RECOVERY_MS = 31_000 + 10_000

interface Worker {
  readonly pid: string
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
}

describe('of two "aldis worker" processes', requires('postgres'), () => {
  let server: PostgresServer
  let url: string
  let project: CliProject
  let sender: OutboxHost
  const workers: Worker[] = []
  beforeAll(async () => {
    server = await startPostgres()
    url = await server.createDatabase()
    project = await makeProject({
      ...pluginFiles('shop', SHOP),
      'aldis.config.yaml': CONFIG,
      'calls.txt': '',
    })
    const plugin = {
      getSignalSubscriptions: () =>
        new SubscriptionMap().on(ordered, () => undefined, { id: 'ship', delivery: 'durable' }),
    }
    sender = await startOutbox({ database: { url }, plugins: [{ name: 'shop', plugin }] })
  })
  afterAll(async () => {
    for (const { child, ended } of workers) {
      child.kill('SIGKILL')
      await ended
    }
    await sender[Symbol.asyncDispose]()
    await project[Symbol.asyncDispose]()
    await server.stop()
  })

  async function startWorker(): Promise<Worker> {
    const child = spawn(process.execPath, [aldisMain, 'worker'], {
      cwd: project.folder,
      env: { PATH: process.env['PATH'], DATABASE_URL: url },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
    }
    const worker = { pid: String(child.pid), child, ended: exitCode(child) }
    workers.push(worker)
    await expect.poll(() => said, { timeout: 30_000 }).toContain('Delivering')
    return worker
  }

  const calls = async (): Promise<{ word: string; pid: string; label: string; event: string }[]> =>
    (await project.read('calls.txt'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [word = '', pid = '', label = '', event = ''] = line.split(' ')
        return { word, pid, label, event }
      })
  const ends = async (pid?: string): Promise<string[]> =>
    (await calls())
      .filter((call) => call.word === 'ends' && (pid === undefined || call.pid === pid))
      .map(({ event }) => event)

  test('one is killed and one drains what it runs and ends with 0, and a third finds all that is left', async () => {
    const killed = await startWorker()
    const asked = await startWorker()
    let sent = 0
    const sendMany = async (): Promise<void> => {
      const first = sent
      sent += 600
      const sending = Array.from({ length: 60 }, (_, group) =>
        transaction(() => {
          for (let number = 0; number < 10; number++) {
            ordered.send('web', { label: `${first + group * 10 + number}` })
          }
        }),
      )
      await Promise.all(sending)
    }
    await sendMany()
    for (const { pid } of [killed, asked]) {
      // One that stands still for a moment finds that the other has done it all.
      const shareOf = async (): Promise<number> => {
        if ((await ends()).length === sent) await sendMany()
        return (await ends(pid)).length
      }
      await expect.poll(shareOf, { timeout: 60_000, interval: 5 }).toBeGreaterThan(10)
    }
    killed.child.kill('SIGKILL')
    expect(await killed.ended).toBeNull()

    await ordered.sendAsync('web', { label: 'hold' })
    const holder = async (): Promise<string | undefined> =>
      (await calls()).find(({ label }) => label === 'hold')?.pid
    // Behind all that is left.
    await expect.poll(holder, { timeout: 60_000, interval: 10 }).toBe(asked.pid)
    for (let number = 0; number < 20; number++) await ordered.sendAsync('web', { label: `late ${number}` })
    asked.child.kill('SIGTERM')
    expect(await asked.ended).toBe(0)
    const begun = (await calls()).filter(({ pid, word }) => pid === asked.pid && word === 'begins').length
    expect(await ends(asked.pid)).toHaveLength(begun)

    await startWorker()
    const left = async (): Promise<number> => {
      const { waiting, running, parked } = await sender.outbox.stats()
      return waiting + running + parked
    }
    await expect.poll(left, { timeout: RECOVERY_MS, interval: 50 }).toBe(0)
    const heard = await ends()
    expect(new Set(heard).size).toBe(sent + 1 + 20)
    expect(heard.length - new Set(heard).size).toBeLessThanOrEqual(BATCH_SIZE)
    // What was drained is recorded: nobody was called for it again.
    expect((await calls()).filter(({ label, word }) => label === 'hold' && word === 'begins')).toHaveLength(1)
  }, 240_000)
})
