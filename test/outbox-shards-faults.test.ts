/** What becomes of shards when jobs fail, come back, are parked for long or are given back. The same on each database. */
import { SubscriptionMap, type Subscriptions } from '@aldis/core'
import { afterCommit, em, rawDatabase, transaction } from '@aldis/models'
import { DoNotRetryError } from '@aldis/outbox'
import { namespace, type Signal } from '@aldis/signals'
import { PgBoss } from 'pg-boss'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'

interface Change {
  readonly shelf: string
  readonly value: number
}
const changed: Signal<'web', Change> = namespace('outbox_shards_faults').declare('changed', {
  senders: ['web'],
  payload: z.object({ shelf: z.string(), value: z.number() }),
})

/** What the receivers do, as a test wishes. */
let onChanged: (change: Change) => unknown = () => undefined
const heard: Record<'serial' | 'newest' | 'strict', string[]> = { serial: [], newest: [], strict: [] }
let listening: keyof typeof heard = 'serial'

function hears(name: keyof typeof heard) {
  return async (_sender: 'web', change: Change): Promise<void> => {
    if (name === listening) await onChanged(change)
    heard[name].push(`${change.shelf}${change.value}`)
  }
}

const mirror = {
  getSignalSubscriptions(): Subscriptions {
    const usual = { delivery: 'durable', attempts: 3, retryDelayMs: 60_000 } as const
    const shard = (_sender: 'web', { shelf }: Change): string => shelf
    return new SubscriptionMap()
      .on(changed, hears('serial'), { ...usual, id: 'serial', shard })
      .on(changed, hears('newest'), { ...usual, id: 'newest', coalesce: shard })
      .on(changed, hears('strict'), { ...usual, id: 'strict', shard, whenParked: 'hold' })
  },
}
const failing =
  (...values: readonly number[]) =>
  ({ value }: Change): void => {
    if (values.includes(value)) throw new Error('not yet')
  }
const refusing =
  (...values: readonly number[]) =>
  ({ value }: Change): void => {
    if (values.includes(value)) throw new DoNotRetryError('never')
  }

describeDatabases('a shard', (database) => {
  let running: OutboxHost
  beforeAll(async () => {
    running = await startOutbox({
      database: await database.settings(),
      plugins: [{ name: 'mirror', plugin: mirror }],
      settings: { quarantineAfter: 3, pausedShards: { 'mirror:serial': ['away'] } },
    })
  })
  afterAll(() => running[Symbol.asyncDispose]())
  beforeEach(async () => {
    onChanged = () => undefined
    listening = 'serial'
    for (const list of Object.values(heard)) list.length = 0
    await em().execute('delete from aldis_jobs.job')
    await running.outbox.resume()
  })
  const send = (shelf: string, ...values: readonly number[]): Promise<void> =>
    transaction(() => {
      for (const value of values) changed.send('web', { shelf, value })
    })
  const drain = (): Promise<number> => running.outbox.drain()

  test('hears a parked job that is retried before what came after it, also when that has failed since', async () => {
    onChanged = (change) => {
      refusing(1)(change)
      failing(2)(change)
    }
    await send('a', 1, 2, 3)
    await drain()
    expect(heard.serial).toEqual([])

    onChanged = () => undefined
    expect(await running.outbox.retry({ subscription: 'serial', state: 'parked' })).toBe(1)
    await drain()
    expect(heard.serial).toEqual(['a1', 'a2', 'a3'])
  })

  test('that coalesces keeps the newest when an older one comes back from among the parked', async () => {
    listening = 'newest'
    onChanged = refusing(1)
    await send('a', 1)
    await drain()
    await send('a', 2)
    // As a process leaves it that is killed right after its claim.
    await em().execute(
      `update aldis_jobs.job set state = 'retry', start_after = now() + interval '1 hour'
       where name = 'mirror/newest/shards' and state = 'created'`,
    )
    onChanged = () => undefined
    expect(await running.outbox.retry({ subscription: 'newest', state: 'parked' })).toBe(1)
    await drain()
    expect(heard.newest).toEqual(['a2'])
  })

  test('that coalesces is not taken back by an older job that waits behind the claimed one', async () => {
    listening = 'newest'
    await send('a', 1)
    await send('a', 2)
    // The older is stored as if it had come later to the head: as after a retry while the newer one was claimed.
    await em().execute(
      `update aldis_jobs.job set state = 'retry' where name = 'mirror/newest/shards' and data ->> 'payload' like '%2%'`,
    )
    await drain()
    expect(heard.newest).toEqual(['a2'])
    expect(await running.outbox.list({ subscription: 'newest', state: 'waiting' })).toEqual([])
  })

  test('that is held stays held, however long', async () => {
    listening = 'strict'
    onChanged = refusing(1)
    await send('a', 1, 2)
    await drain()
    await em().execute(
      `update aldis_jobs.job set completed_on = now() - interval '40 days' where completed_on is not null`,
    )
    const boss = new PgBoss({
      db: { executeSql: async (text, values) => rawDatabase().execute(text, values) },
      schema: 'aldis_jobs',
      migrate: false,
      supervise: false,
      schedule: false,
    })
    await boss.start()
    await boss.supervise()
    await boss.stop()
    expect(await em().execute(`select 1 from aldis_jobs.job where name = 'mirror/serial/shards'`)).toEqual([])
    await drain()
    expect(heard.strict).toEqual([])

    onChanged = () => undefined
    await running.outbox.retry({ subscription: 'strict', state: 'parked' })
    await drain()
    expect(heard.strict).toEqual(['a1', 'a2'])
  })

  test('that fails now and then is not quarantined: what counts is how often in a row', async () => {
    await using _serving = await running.serve()
    for (let value = 0; value < 8; value++) {
      onChanged = value % 2 === 0 ? failing(value) : () => undefined
      await send(`shelf ${value}`, value)
      await drain()
    }
    expect(heard.serial).toHaveLength(4)
    expect((await running.outbox.stats()).receivers.map(({ status }) => status)).not.toContain('quarantined')
  })

  test('that is paused belongs to others at once, though a call that was taken together with it goes on', async () => {
    const { promise: slow, resolve } = Promise.withResolvers<void>()
    const begun = vi.fn()
    onChanged = () => {
      begun()
      return slow
    }
    await transaction(() => {
      for (const shelf of ['away', 'a']) changed.send('web', { shelf, value: 1 })
    })
    const draining = drain()
    await expect.poll(() => begun).toHaveBeenCalled()
    const away = `name = 'mirror/serial/shards' and singleton_key = 'away'`
    const givenBack = `select 1 from aldis_jobs.job where ${away} and state = 'retry'`
    await expect.poll(() => em().execute(givenBack)).toHaveLength(1)
    // Another worker, where it is not paused, takes it.
    await em().execute(
      `update aldis_jobs.job set state = 'active', started_on = now(), heartbeat_on = now(), start_after = now() where ${away}`,
    )
    resolve()
    await expect.poll(() => heard.serial).toEqual(['a1'])
    const delivered = `select 1 from aldis_jobs.job where state = 'completed' and name like '%serial%'`
    await expect.poll(() => em().execute(delivered)).toHaveLength(1)
    expect(await em().execute(`select state::text from aldis_jobs.job where ${away}`)).toEqual([
      { state: 'active' },
    ])
    await em().execute(`delete from aldis_jobs.job where ${away}`)
    await draining
  })

  test('has all of its waiting jobs retried, however many there are', async () => {
    await send('a', ...Array.from({ length: 1200 }, (_, value) => value))
    await em().execute(`update aldis_jobs.job set start_after = now() + interval '1 hour'`)
    expect(await running.outbox.retry({ subscription: 'serial', state: 'waiting' })).toBe(1200)
    const late = `select 1 from aldis_jobs.job where name = 'mirror/serial/shards' and start_after > now()`
    expect(await em().execute(late)).toEqual([])
    expect(await running.outbox.discard({ subscription: 'serial', state: 'waiting' })).toBe(1200)
  })

  test('is drained by many transactions at once through the connections of one worker', async () => {
    const connections = async (): Promise<number> => {
      if (database.name === 'PGlite') return 0
      const rows: unknown = await em().execute(
        `select count(*) as n from pg_stat_activity where application_name = 'aldis-outbox' and datname = current_database()`,
      )
      return z.tuple([z.object({ n: z.coerce.number() })]).parse(rows)[0].n
    }
    // The server notices a little later that a worker of an earlier drain has gone.
    await expect.poll(connections).toBe(0)
    let most = 0
    onChanged = async () => {
      most = Math.max(most, await connections())
    }
    let committed = 0
    // Who drains when others have not begun may be done before they do, and they have another worker.
    const { promise: all, resolve: begin } = Promise.withResolvers<void>()
    await Promise.all(
      Array.from({ length: 20 }, (_, value) =>
        transaction(() => {
          changed.send('web', { shelf: `shelf ${value}`, value })
          afterCommit(async () => {
            if (++committed === 20) begin()
            await all
            await running.outbox.drain({ onlyPresent: true })
          })
        }),
      ),
    )
    expect(heard.serial).toHaveLength(20)
    expect(most).toBeLessThanOrEqual(6)
  })
})
