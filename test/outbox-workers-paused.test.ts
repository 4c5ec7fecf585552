/** A worker process that stands still for longer than its lease, and then goes on as if nothing had been. */
import { describe, expect, test } from 'vitest'

import { startOutbox } from './support/outbox-host.ts'
import { placed, workerShop } from './support/outbox-worker-shop.ts'
import { startPostgres } from './support/postgres-server.ts'
import { requires } from './support/requirements.ts'
import { startOutboxWorker } from './support/start-outbox-worker.ts'

/** The lease, the look for leases that have run out, the first retry's delay, the poll, and some time for each. */
const RECOVERY_MS = 31_000 + 10_000

describe('a worker', requires('postgres'), () => {
  test('that was stopped for longer than its lease records nothing for what another has taken', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase()
    await using running = await startOutbox({
      database: { url },
      plugins: [{ name: 'shop', plugin: workerShop(() => undefined) }],
    })
    const jobs = async (): Promise<object> =>
      Object.fromEntries(
        (await running.outbox.list()).map(({ subscription, state, attempts, error }) => [
          subscription,
          { state, attempts, error },
        ]),
      )
    await using stale = await startOutboxWorker(url)
    await placed.sendAsync('web', { label: 'hold tea' })
    const { event } = await stale.called('ship', 'hold tea')
    await stale.called('bill', 'hold tea')
    stale.signal('SIGSTOP')

    await using other = await startOutboxWorker(url)
    expect(await other.called('ship', 'hold tea', RECOVERY_MS)).toMatchObject({ event, attempt: 2 })
    expect(await other.called('bill', 'hold tea', RECOVERY_MS)).toMatchObject({ event, attempt: 2 })
    other.end('ship', 'hold tea')
    const done = { state: 'delivered', attempts: 2, error: undefined }
    const held = { state: 'running', attempts: 2, error: 'job heartbeat timeout' }
    await expect.poll(jobs).toEqual({ ship: done, bill: held })

    // The one job is delivered, the other at work elsewhere, when the stale worker has a failure and a success for them.
    stale.signal('SIGCONT')
    await expect
      .poll(() => stale.lines.filter(({ kind }) => kind === 'aborted').length, { timeout: 20_000 })
      .toBe(2)
    stale.end('ship', 'hold tea', 'fails')
    stale.end('bill', 'hold tea', 'returns')
    stale.signal('SIGTERM')
    expect(await stale.exited).toBe(0)
    expect(stale.lines.filter(({ kind }) => kind === 'ended')).toHaveLength(2)
    expect(await jobs()).toEqual({ ship: done, bill: held })

    other.end('bill', 'hold tea')
    await expect.poll(jobs).toEqual({ ship: done, bill: done })
    expect([stale.calls.length, other.calls.length]).toEqual([2, 2])
  }, 180_000)
})
