/** How messages of replicated objects are delivered: in shards, the newest of each object. The same on each database. */
import { SubscriptionMap, type Subscriptions } from '@aldis/core'
import { afterCommit, em, transaction } from '@aldis/models'
import {
  defineCategory,
  defineScope,
  inShards,
  processRegionOutbox,
  RetryAfterError,
  saveOutboxMessage,
  type OutboxJob,
} from '@aldis/outbox'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'

const farmScope = defineScope('farm')
const cowUpdate = defineCategory('cow_update', { scope: farmScope })

const ATTEMPTS = 16

/** The one job there is: how often it was tried, and how long after that it is tried again. */
const Waits = z.tuple([z.object({ attempts: z.number(), seconds: z.number() })])

/** What the receiver does, as a test wishes. */
let onCow: (cow: string) => unknown = () => undefined
/** What it heard, as `shard/object=payload`. */
const heard: string[] = []

const plugin = {
  getSignalSubscriptions(): Subscriptions {
    return new SubscriptionMap().on(
      processRegionOutbox,
      async (_category, { shardIdentifier, objectIdentifier, payload }) => {
        const cow = `${shardIdentifier}/${objectIdentifier}=${String(payload)}`
        await onCow(cow)
        heard.push(cow)
      },
      { id: 'mirror', sender: 'cow_update', attempts: ATTEMPTS, ...inShards },
    )
  },
}

describeDatabases('messages of a shard', (database) => {
  let running: OutboxHost
  beforeAll(async () => {
    running = await startOutbox({
      database: await database.settings(),
      plugins: [{ name: 'farms', plugin }],
      settings: { pausedShards: { 'farms:mirror': ['farm:asleep'] } },
    })
  })
  afterAll(() => running[Symbol.asyncDispose]())
  beforeEach(async () => {
    onCow = () => undefined
    heard.length = 0
    await em().execute('delete from aldis_jobs.job')
  })

  /** Save messages, written as `shard/object=payload`, in the running transaction. */
  const put = async (...cows: readonly string[]): Promise<void> => {
    for (const cow of cows) {
      const [shardIdentifier = '', objectIdentifier = '', payload] = cow.split(/[/=]/)
      const message = { shardIdentifier, objectIdentifier, payload }
      await saveOutboxMessage(cowUpdate, { shardScope: farmScope, ...message })
    }
  }
  const save = (...cows: readonly string[]): Promise<void> => transaction(() => put(...cows))
  const drain = (): Promise<number> => running.outbox.drain()
  const waiting = (): Promise<readonly OutboxJob[]> => running.outbox.list({ state: 'waiting' })
  /** Whatever waits for its next attempt is due now, and tried. */
  const tryAgain = async (): Promise<number> => {
    await running.outbox.retry({ state: 'waiting' })
    return drain()
  }
  const fail = (...cows: readonly string[]): void => {
    onCow = (cow) => {
      if (cows.includes(cow)) throw new Error(`no ${cow}`)
    }
  }

  test('about one object are delivered once, with the newest payload', async () => {
    await save('north/1=a', 'north/1=b', 'north/2=a')
    await save('north/1=c', 'south/1=z')
    expect(await drain()).toBe(0)

    expect(heard.toSorted()).toEqual(['north/1=c', 'north/2=a', 'south/1=z'])
    expect(await waiting()).toEqual([])
  })

  test('that are added about an object while its message is delivered come next, and are not lost', async () => {
    onCow = async (cow) => {
      if (cow === 'north/1=b') await save('north/1=c', 'north/1=d')
    }
    await save('north/1=a', 'north/1=b')
    expect(await drain()).toBe(0)

    expect(heard).toEqual(['north/1=b', 'north/1=d'])
  })

  test('are each delivered once, in order, by two drains at once', async () => {
    let inside = 0
    let most = 0
    onCow = async () => {
      most = Math.max(most, ++inside)
      await new Promise((resolve) => setImmediate(resolve))
      inside--
    }
    const cows = Array.from({ length: 12 }, (_, number) => `north/${number}=a`)
    await save(...cows)
    await Promise.all([drain(), drain()])

    expect(heard).toEqual(cows)
    expect(most).toBe(1)
  })

  test('wait behind one that fails while other shards go on, and come in order when the receiver has recovered', async () => {
    fail('north/1=a')
    await save('north/1=a', 'north/2=a', 'north/3=a', 'south/1=a')
    expect(await drain()).toBe(3)
    expect(heard).toEqual(['south/1=a'])
    await save('north/4=a', 'south/2=a')
    expect(await drain()).toBe(4)
    expect(heard).toEqual(['south/1=a', 'south/2=a'])

    onCow = () => undefined
    expect(await tryAgain()).toBe(0)
    expect(heard.slice(2)).toEqual(['north/1=a', 'north/2=a', 'north/3=a', 'north/4=a'])
  })

  test('that fail are tried again after a second, then after twice as long each time, up to an hour', async () => {
    fail('north/1=a')
    await save('north/1=a')
    const waits = new Map<number, { readonly seconds: number; readonly late: number }>()
    for (;;) {
      const since = performance.now()
      if ((await drain()) === 0) break
      const [{ attempts, seconds }] = Waits.parse(
        await em().execute(
          `select retry_count + 1 as attempts, extract(epoch from start_after - started_on)::float as seconds
           from aldis_jobs.job`,
        ),
      )
      // From the claim, which comes before the failure; both are somewhere in the drain.
      waits.set(attempts, { seconds, late: (performance.now() - since) / 1000 })
      await running.outbox.retry({ state: 'waiting' })
    }
    // A drain that takes a second tries again what was to wait for one.
    expect(waits.size).toBeGreaterThan(ATTEMPTS / 2)
    for (const [failures, { seconds, late }] of waits) {
      // Less up to a half.
      const longest = Math.min(2 ** failures, 3600)
      expect(seconds).toBeGreaterThanOrEqual(longest / 2)
      expect(seconds).toBeLessThan(longest + late)
    }
  })

  test('are not delivered before their time', async () => {
    onCow = () => {
      throw new RetryAfterError(3_600_000, 'the farm is closed')
    }
    await save('north/1=a')
    expect(await drain()).toBe(1)
    let calls = 0
    onCow = () => calls++
    expect(await drain()).toBe(1)

    const [job] = await waiting()
    expect((job?.dueAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(3_500_000)
    expect(calls).toBe(0)
  })

  test('are delivered when the transaction resolves that drains after its commit, also one around it', async () => {
    const flush = (): void =>
      afterCommit(async () => void (await running.outbox.drain({ onlyPresent: true })))
    await transaction(async () => {
      await transaction(async () => {
        flush()
        await put('north/1=a')
      })
      await put('north/2=a')
      expect(heard).toEqual([])
    })
    expect(heard).toEqual(['north/1=a', 'north/2=a'])

    await expect(
      transaction(async () => {
        flush()
        await put('north/3=a')
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(heard).toHaveLength(2)
  })

  test('wait for whoever delivers when nobody drains, and to drain after a commit takes a transaction', async () => {
    await save('north/1=a')
    expect(heard).toEqual([])
    expect(await waiting()).toHaveLength(1)
    expect(() => afterCommit(() => undefined)).toThrow(expect.objectContaining({ code: 'NO_TRANSACTION' }))

    await using _serving = await running.serve()
    await vi.waitFor(() => expect(heard).toEqual(['north/1=a']), { timeout: 10_000 })
  })

  test('that are switched off are left alone, and show how deep they are', async () => {
    await save('asleep/1=a', 'asleep/2=a', 'north/1=a')
    expect(await drain()).toBe(2)

    expect(heard).toEqual(['north/1=a'])
    expect(await running.outbox.shards()).toMatchObject([
      { plugin: 'farms', subscription: 'mirror', shard: 'farm:asleep', status: 'paused', waiting: 2 },
    ])
  })

  test('are kept when the database fails while they are delivered', async () => {
    await save('north/1=a', 'north/2=a')
    await em().execute(`create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'the disk is full'; end $$`)
    await em().execute(
      'create trigger refuse before update on aldis_jobs.job for each row execute function refuse()',
    )
    const failures = running.logger.lines.length
    const stop = new AbortController()
    const draining = running.outbox.drain({ signal: stop.signal }).catch((error: unknown) => error)
    await vi.waitFor(() => expect(running.logger.lines.length).toBeGreaterThan(failures), { timeout: 10_000 })
    stop.abort()
    await draining
    expect(heard).toEqual([])
    expect(await waiting()).toHaveLength(2)

    await em().execute('drop trigger refuse on aldis_jobs.job')
    await em().execute('drop function refuse')
    expect(await drain()).toBe(0)
    expect(heard).toEqual(['north/1=a', 'north/2=a'])
  })

  test('go on when one has failed for good, which is parked with its error and can be delivered again', async () => {
    fail('north/1=a')
    await save('north/1=a', 'north/2=a')
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) await tryAgain()
    expect(heard).toEqual(['north/2=a'])
    const [job, ...others] = await running.outbox.list({ state: 'parked' })
    expect(job).toMatchObject({ error: 'no north/1=a', attempts: ATTEMPTS, shard: 'farm:north' })
    expect(others).toEqual([])

    onCow = () => undefined
    expect(await running.outbox.retry({ ids: [job?.id ?? ''] })).toBe(1)
    expect(await drain()).toBe(0)
    expect(heard).toEqual(['north/2=a', 'north/1=a'])
  })
})
