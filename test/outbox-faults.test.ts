/** What becomes of durable events while the connection to PostgreSQL is slow, silent, broken or away. */
import { em } from '@aldis/models'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { startFaultyShop, type FaultyShop } from './support/faulty-shop.ts'
import { requires } from './support/requirements.ts'

/** Much more than a worker waits before it looks again, and much less than a lease takes to end. */
const SOON_MS = 10_000
/** Until leases that have run out are looked for, the listener's longest wait before it connects again, and some time. */
const RECOVERY_MS = 31_000 + 14_000
/** What a sender hears whose connection breaks. */
const BROKEN = /ECONNRESET|terminat|connection error/
/** What a worker sends to record a delivery, and for nothing else. */
const RECORD = 'SET completed_on'
/** The workers also look after the jobs of others, by statements that insert. */
const ofSender = ({ application }: { readonly application: string }): boolean =>
  application !== 'aldis-outbox'

describe('durable events through a connection', requires('postgres'), () => {
  let shop: FaultyShop
  beforeAll(async () => {
    shop = await startFaultyShop()
  })
  afterAll(() => shop[Symbol.asyncDispose]())
  beforeEach(() => shop.clear())

  const placeMany = (prefix: string, count: number): Promise<PromiseSettledResult<void>[]> =>
    Promise.allSettled(Array.from({ length: count }, (_, number) => shop.place(`${prefix} ${number}`)))

  /** Some connections of the pool are dead, and the pool does not know it yet. */
  const placeSoon = (label: string): Promise<void> =>
    vi.waitFor(() => shop.place(label), { timeout: SOON_MS })

  /** End every connection of the host on the server's side. */
  const terminate = (): Promise<unknown> =>
    shop.direct.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    )

  const waits = async (): Promise<number> => {
    const { rows } = await shop.direct.query(
      `select count(*)::int as n from aldis_jobs.job where state < 'completed'`,
    )
    return z.tuple([z.object({ n: z.number() })]).parse(rows)[0].n
  }

  test('that is slow are delivered once each', async () => {
    shop.proxy.delay(25)
    await placeMany('slow', 30)
    await shop.expectDelivered(20_000)

    expect(await shop.orders()).toHaveLength(30)
    expect(shop.duplicates()).toBe(0)
  })

  test.for(['insert into orders', 'INSERT INTO aldis_jobs.job', 'commit'])(
    'that breaks before the server sees "%s" are not stored, and nobody is called',
    async (text) => {
      const broken = shop.proxy.resetAt(text, 'before', ofSender)
      await expect(shop.place('lost')).rejects.toThrow(BROKEN)
      await broken
      await shop.place('kept')
      await shop.expectDelivered(SOON_MS)

      expect(await shop.orders()).toEqual(['kept'])
    },
  )

  test('that breaks before the answer to a commit are delivered, though the sender hears of a failure', async () => {
    const broken = shop.proxy.resetAt('commit', 'after', ofSender)
    await expect(shop.place('kept')).rejects.toThrow(BROKEN)
    await broken
    await shop.expectDelivered(SOON_MS)

    expect(await shop.orders()).toEqual(['kept'])
    expect(shop.duplicates()).toBe(0)
  })

  test('that breaks before a delivery is recorded are delivered again, with the same event id', async () => {
    const broken = shop.proxy.resetAt(RECORD, 'before')
    await shop.place('tea')
    await broken
    await shop.expectDelivered(SOON_MS)

    await expect.poll(() => shop.duplicates()).toBe(1)
    await expect.poll(waits).toBe(0)
    expect(new Set(shop.heard.map(({ event }) => event)).size).toBe(1)
  })

  test('that breaks after a delivery is recorded are not delivered again', async () => {
    const broken = shop.proxy.resetAt(RECORD, 'after')
    await shop.place('tea')
    await broken
    await shop.expectDelivered(SOON_MS)
    await expect.poll(waits).toBe(0)

    expect(shop.duplicates()).toBe(0)
  })

  test('whose server process is ended in the middle of their transaction are not stored', async () => {
    await expect(
      shop.place('lost', async () => {
        await terminate()
        await em().execute('select 1')
      }),
    ).rejects.toThrow(BROKEN)
    expect(await shop.orders()).toEqual([])

    await placeSoon('kept')
    await shop.expectDelivered(SOON_MS)
  })

  test('whose server processes are ended again and again under load are delivered, if they were committed', async () => {
    for (const round of ['a', 'b', 'c']) {
      const placing = placeMany(round, 60)
      await expect
        .poll(() => shop.heard.some(({ label }) => label.startsWith(round)), { interval: 1 })
        .toBe(true)
      await terminate()
      const failed = (await placing).filter(({ status }) => status === 'rejected')
      expect(failed.length).toBeLessThan(60)
      await placeSoon(`after ${round}`)
      await expect
        .poll(() => shop.heard.filter(({ label }) => label === `after ${round}`).length, { timeout: SOON_MS })
        .toBe(2)
    }

    // A claim whose answer was lost is given to another only when its lease has run out.
    await shop.expectDelivered(RECOVERY_MS)
    expect(await shop.orders()).not.toHaveLength(0)
  }, 120_000)

  test('that is cut, and stays so, are delivered soon after it is back, and nobody hurries meanwhile', async () => {
    await placeMany('before', 5)
    await shop.expectDelivered(SOON_MS)
    await expect.poll(waits).toBe(0)
    shop.proxy.cut()
    const asked = shop.proxy.asked
    const since = performance.now()
    const complaints = (): number =>
      shop.running.logger.lines.filter(({ message }) => message === 'the outbox could not look for work')
        .length
    await expect.poll(complaints, { timeout: 25_000 }).toBeGreaterThanOrEqual(4)
    const elapsed = (performance.now() - since) / 1000
    // Each of the two receivers and the look for receivers ask every 2 seconds; the listener and the monitor, less often.
    expect(shop.proxy.asked - asked).toBeLessThan(2.5 * elapsed + 5)
    expect(shop.running.logger.lines.length).toBeLessThan(2.5 * elapsed + 5)
    await expect(shop.place('lost')).rejects.toThrow(BROKEN)

    shop.proxy.restore()
    await shop.place('after')
    await shop.expectDelivered(SOON_MS)
  }, 90_000)

  /** After a cut, the listener comes back later than the rest. */
  async function listening(): Promise<void> {
    const listeners = (): number => shop.proxy.connections.filter(({ listens }) => listens).length
    await expect.poll(listeners, { timeout: RECOVERY_MS }).toBe(1)
  }

  test('that loses notifications are delivered with the next poll', async () => {
    await listening()
    shop.proxy.loseNotifications()
    await shop.place('tea')
    await shop.expectDelivered(SOON_MS)

    await expect.poll(() => shop.proxy.lost).toBeGreaterThan(0)
  }, 120_000)

  test('whose notifications come in time do not wait for the poll', async () => {
    await listening()
    await shop.expectDeliveredAtOnce()
  }, 120_000)
})
