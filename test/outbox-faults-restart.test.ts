/** What becomes of durable events while PostgreSQL restarts, and when a claim reaches nobody. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'

import { startFaultyShop, type FaultyShop } from './support/faulty-shop.ts'
import { requiresThrowawayPostgres } from './support/postgres-server.ts'

/** The lease, the look for leases that have run out, the first retry's delay, the poll, and some time for each. */
const RECOVERY_MS = 31_000 + 10_000

describe('durable events', requiresThrowawayPostgres(), () => {
  let shop: FaultyShop
  beforeAll(async () => {
    shop = await startFaultyShop({ batchSize: 5 })
  })
  afterAll(() => shop[Symbol.asyncDispose]())
  beforeEach(() => shop.clear())

  test('outlive a restart of the server under load, and new ones are delivered soon after it', async () => {
    const stop = new AbortController()
    let number = 0
    const sender = async (): Promise<void> => {
      while (!stop.signal.aborted) await shop.place(`${number++}`).catch(() => undefined)
    }
    const senders = [sender(), sender(), sender()]
    await expect.poll(() => shop.heard.length, { interval: 5 }).toBeGreaterThan(50)
    await shop.server.restart()
    const placedBefore = number
    await expect.poll(() => number, { interval: 5 }).toBeGreaterThan(placedBefore + 50)
    stop.abort()
    await Promise.all(senders)

    await vi.waitFor(() => shop.place('after'), { timeout: 10_000 })
    const after = (): number => shop.heard.filter(({ label }) => label === 'after').length
    await expect.poll(after).toBe(2)
    await shop.expectDelivered(RECOVERY_MS)
    // One restart: at most a batch of each receiver was called and not recorded.
    expect(shop.duplicates()).toBeLessThanOrEqual(10)
  }, 120_000)

  test('that were claimed in a statement whose answer is lost are claimed again when the lease has run out', async () => {
    // Claims that find nothing go on beside it.
    const broken = shop.proxy.resetAt(`state = 'active',`, 'after rows')
    await shop.place('tea')
    await broken
    await shop.expectDelivered(RECOVERY_MS)

    expect(shop.duplicates()).toBe(0)
    const attempts = await shop.direct.query(`select sum(retry_count)::int as retries from aldis_jobs.job`)
    expect(attempts.rows).toEqual([{ retries: 1 }])
  }, 120_000)
})
