/** How long a worker process may keep a job: as long as it shows signs of life, and not for ever. */
import { rawDatabase } from '@aldis/models'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { startFaultProxy, type FaultProxy } from './support/fault-proxy.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'
import { placed, workerShop } from './support/outbox-worker-shop.ts'
import { startPostgres, type PostgresServer } from './support/postgres-server.ts'
import { requires } from './support/requirements.ts'
import { startOutboxWorker, type OutboxWorkerProcess } from './support/start-outbox-worker.ts'

/** The lease, the look for leases that have run out, the first retry's delay, the poll, and some time for each. */
const RECOVERY_MS = 31_000 + 10_000

describe('a worker that a receiver keeps busy', requires('postgres'), () => {
  let server: PostgresServer
  let url: string
  let proxy: FaultProxy
  let running: OutboxHost
  let busy: OutboxWorkerProcess
  let other: OutboxWorkerProcess
  beforeAll(async () => {
    server = await startPostgres()
    url = await server.createDatabase()
    proxy = await startFaultProxy(url)
    const plugins = [{ name: 'shop', plugin: workerShop(() => undefined) }]
    running = await startOutbox({ database: { url }, plugins })
  })
  afterAll(async () => {
    await running[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
    await server.stop()
  })
  beforeEach(async () => {
    proxy.restore()
    await rawDatabase().execute('delete from aldis_jobs.job')
    busy = await startOutboxWorker(proxy.url)
    await placed.sendAsync('web', { label: 'hold tea' })
    await busy.called('ship', 'hold tea')
    await busy.called('bill', 'hold tea')
    other = await startOutboxWorker(url)
    return async () => {
      await busy[Symbol.asyncDispose]()
      await other[Symbol.asyncDispose]()
    }
  })

  const states = async (): Promise<string[]> =>
    (await running.outbox.list()).map(({ state, attempts }) => `${state} ${attempts}`)

  /** Whether leases that had run out by `seconds` after the claim have been looked for. */
  const looked = async (seconds: number): Promise<boolean> => {
    const { rows } = await rawDatabase().execute(
      `select from aldis_jobs.job join aldis_jobs.queue using (name)
       where monitor_claim_on > started_on + $1 * interval '1 second'`,
      [seconds],
    )
    return rows.length === 2
  }

  test('keeps its jobs while it shows signs of life, and loses them once when these do not arrive', async () => {
    await expect.poll(() => looked(20), { timeout: RECOVERY_MS }).toBe(true)
    expect(await states()).toEqual(['running 1', 'running 1'])
    expect(other.calls).toEqual([])

    proxy.hold()
    await other.called('ship', 'hold tea', RECOVERY_MS)
    await other.called('bill', 'hold tea', RECOVERY_MS)
    proxy.restore()
    busy.end('ship', 'hold tea', 'fails')
    busy.end('bill', 'hold tea', 'returns')
    busy.signal('SIGTERM')
    expect(await busy.exited).toBe(0)
    expect(await states()).toEqual(['running 2', 'running 2'])

    other.end('ship', 'hold tea')
    other.end('bill', 'hold tea')
    await expect.poll(states).toEqual(['delivered 2', 'delivered 2'])
    expect([busy.calls.length, other.calls.length]).toEqual([2, 2])
  }, 240_000)

  test('loses its jobs when they have taken longer than any attempt may, whatever it says of itself', async () => {
    await rawDatabase().execute(
      `update aldis_jobs.job set started_on = started_on - interval '1 day' where $1`,
      [true],
    )
    await other.called('ship', 'hold tea', RECOVERY_MS)
    await other.called('bill', 'hold tea', RECOVERY_MS)
    other.end('ship', 'hold tea')
    other.end('bill', 'hold tea')
    await expect.poll(states).toEqual(['delivered 2', 'delivered 2'])

    // The busy one hears of it with its next sign of life.
    const aborted = (): number => busy.lines.filter(({ kind }) => kind === 'aborted').length
    await expect.poll(aborted, { timeout: 20_000 }).toBe(2)
    expect([busy.calls.length, other.calls.length]).toEqual([2, 2])
  }, 120_000)
})
