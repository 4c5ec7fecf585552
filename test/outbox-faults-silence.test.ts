/** What becomes of durable events while connections to PostgreSQL are open, and nothing comes through. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { startFaultyShop, type FaultyShop } from './support/faulty-shop.ts'
import { requires } from './support/requirements.ts'

const POOL_SIZE = 2

describe('durable events, while connections are silent', requires('postgres'), () => {
  let shop: FaultyShop
  beforeAll(async () => {
    shop = await startFaultyShop({ drainTimeoutMs: 3000, poolSize: POOL_SIZE })
  })
  afterAll(() => shop[Symbol.asyncDispose]())
  beforeEach(() => shop.clear())

  const listeners = (): number => shop.proxy.connections.filter(({ listens }) => listens).length

  test('are delivered with the next poll when the silent one is that which listens, which is then made anew', async () => {
    await expect.poll(listeners).toBe(1)
    shop.proxy.holdOpen(({ listens }) => listens)
    await shop.place('tea')
    await shop.expectDelivered(10_000)
    expect(listeners(), 'nobody else listens yet').toBe(1)

    // Its sign of life is 10 seconds apart, and 5 seconds are waited for the answer.
    await expect.poll(listeners, { timeout: 30_000 }).toBe(2)
    await shop.expectDeliveredAtOnce()
    expect(shop.duplicates()).toBe(0)
  }, 120_000)

  test('are delivered as they come when only what the listener says does not reach the server', async () => {
    await expect.poll(listeners).toBeGreaterThan(0)
    shop.proxy.hold(({ listens }) => listens, 'to server')
    await shop.expectDeliveredAtOnce()
  })

  test('wait for a short silence of all, and are delivered after it', async () => {
    shop.proxy.hold()
    const placing = shop.place('tea')
    const looks = shop.proxy.asked
    const silent = (): number => shop.proxy.connections.filter(({ waits }) => waits).length
    await expect.poll(silent, { timeout: 15_000 }).toBeGreaterThanOrEqual(3)
    expect(shop.heard).toEqual([])
    shop.proxy.restore()
    await placing
    await shop.expectDelivered(10_000)

    expect(shop.proxy.asked - looks).toBeLessThan(12)
    expect(shop.duplicates()).toBe(0)
  }, 60_000)

  test('are delivered though the connections of the workers never answer again, when new ones do', async () => {
    // One that is only about to listen would be counted too.
    await expect.poll(listeners, { timeout: 30_000 }).toBeGreaterThan(0)
    const release = shop.proxy.hold(({ application }) => application === 'aldis-outbox')
    const stuck = (): number =>
      shop.proxy.connections.filter(({ waits, listens }) => waits && !listens).length
    await expect.poll(stuck, { timeout: 20_000 }).toBeGreaterThanOrEqual(POOL_SIZE)
    shop.proxy.holdOpen(({ waits }) => waits)
    release()
    await shop.place('tea')

    await shop.expectDelivered(40_000)
  }, 120_000)

  test('are delivered though the connections of the application never answer again', async () => {
    const { direct, proxy, running } = shop
    await direct.query(
      `insert into outbox_quarantine (plugin, subscription, failures, reason) values ('shop', 'ship', 3, 'closed')`,
    )
    // It makes the worker look.
    await running.outbox.resume({ plugin: 'nobody' })
    await shop.place('tea')
    await expect.poll(() => shop.heard.map(({ receiver }) => receiver)).toEqual(['bill'])
    proxy.holdOpen(({ application }) => application !== 'aldis-outbox')
    await direct.query('delete from outbox_quarantine')

    await shop.expectDelivered(40_000)
  }, 60_000)

  test('do not keep a process from its end', async () => {
    shop.proxy.hold()
    const since = performance.now()
    await shop.stopServing()

    // It waits for its receivers for 3 seconds, and for the database for a few more; a query is given up after 30.
    expect(performance.now() - since).toBeLessThan(20_000)
  }, 60_000)
})
