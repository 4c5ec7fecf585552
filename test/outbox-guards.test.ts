/** What the outbox leaves alone when its claim, or the commit of a transaction, is not what it thought. On each database. */
import { SubscriptionMap, type Subscriptions } from '@aldis/core'
import { em, transaction } from '@aldis/models'
import { RetryAfterError } from '@aldis/outbox'
import { namespace, type Signal } from '@aldis/signals'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'

interface Change {
  readonly shard: string
  readonly value: number
}
const guards = namespace('outbox_guards')
const payload = z.object({ shard: z.string(), value: z.number() })
const changed: Signal<'web', Change> = guards.declare('changed', { payload })
const limited: Signal<'web', Change> = guards.declare('limited', { payload })

/** What the receiver `limited` does before it has heard, as a test wishes. */
let onLimited: () => unknown = () => undefined
const heard: string[] = []
const hear = (_sender: 'web', { shard, value }: Change): void => void heard.push(`${shard}=${value}`)

const mirror = {
  getSignalSubscriptions(): Subscriptions {
    const shard = (_sender: 'web', change: Change): string => change.shard
    return new SubscriptionMap()
      .on(changed, hear, { id: 'newest', delivery: 'durable', shard, coalesce: () => 'all' })
      .on(
        limited,
        async (_sender, change) => {
          await onLimited()
          hear('web', change)
          if (change.shard !== 'late') return
          // It takes so long that another has claimed the job meanwhile.
          await em().execute(
            `update aldis_jobs.job set retry_count = retry_count + 1 where singleton_key = 'late' and state = 'active'`,
          )
          throw new RetryAfterError(3_600_000, 'at capacity')
        },
        { id: 'limited', delivery: 'durable', shard },
      )
  },
}

const Likenesses = z.array(z.object({ is: z.boolean() }))
const Jobs = z.array(z.object({ state: z.string(), value: z.number() }))

describeDatabases('the outbox', (database) => {
  let running: OutboxHost
  beforeAll(async () => {
    running = await startOutbox({
      database: await database.settings(),
      plugins: [{ name: 'mirror', plugin: mirror }],
      settings: { pausedShards: { 'mirror:newest': ['away'] } },
    })
    // Whoever claims a job of the shards "a" and "away" has lost the claim to another, who has it now.
    await em().execute(
      `create function aldis_jobs.take_over() returns trigger language plpgsql as
       'begin update aldis_jobs.job set retry_count = retry_count + 1 where name = new.name and id = new.id; return null; end'`,
    )
    await em().execute(
      `create trigger take_over after update on aldis_jobs.job for each row
       when (new.singleton_key in ('a', 'away') and new.state = 'active' and old.state < 'active')
       execute function aldis_jobs.take_over()`,
    )
    // The database does not take a job of the shard "full".
    await em().execute(
      `create function aldis_jobs.leave_out() returns trigger language plpgsql as 'begin return null; end'`,
    )
    await em().execute(
      `create trigger leave_out before insert on aldis_jobs.job for each row
       when (new.singleton_key = 'full') execute function aldis_jobs.leave_out()`,
    )
    await em().execute('create table parents (id int primary key)')
    await em().execute(
      'create table children (parent int references parents (id) deferrable initially deferred)',
    )
  })
  afterAll(() => running[Symbol.asyncDispose]())
  beforeEach(async () => {
    heard.length = 0
    onLimited = () => undefined
    await em().execute('delete from aldis_jobs.job')
  })

  const send = (signal: typeof changed, shard: string, ...values: readonly number[]): Promise<void> =>
    transaction(() => {
      for (const value of values) signal.send('web', { shard, value })
    })
  /** Deliver until the batch is recorded that `b` is in. */
  const deliver = async (): Promise<void> => {
    const stop = new AbortController()
    const draining = running.outbox.drain({ signal: stop.signal })
    await expect.poll(() => jobsOf('b')).toMatchObject([{ state: 'completed' }])
    stop.abort()
    await draining
  }
  const jobsOf = async (shard: string): Promise<z.output<typeof Jobs>> =>
    Jobs.parse(
      await em().execute(
        `select state::text as state, ((data ->> 'payload')::json ->> 'value')::int as value
         from aldis_jobs.job where singleton_key = ? order by created_on, id`,
        [shard],
      ),
    )

  test('delivers nothing of a transaction that the database refuses at its commit', async () => {
    const refused = transaction(async (own) => {
      changed.send('web', { shard: 'b', value: 1 })
      await own.execute('insert into children values (1)')
    })
    await expect(refused).rejects.toThrow('children_parent_fkey')
    await running.outbox.drain()

    expect(heard).toEqual([])
  })

  test('undoes a transaction of which the database has not taken every job', async () => {
    const refused = transaction(() => {
      changed.send('web', { shard: 'b', value: 1 })
      changed.send('web', { shard: 'full', value: 2 })
    })
    await expect(refused).rejects.toThrow('took 1 of 2 jobs')
    await running.outbox.drain()

    expect(heard).toEqual([])
  })

  test('does not give back the job of a paused shard that another has claimed since', async () => {
    await send(changed, 'away', 1)
    await send(changed, 'b', 1)
    await deliver()

    expect(await jobsOf('away')).toEqual([{ state: 'active', value: 1 }])
  })

  test('leaves newer events to the other who has the claim for the oldest now', async () => {
    await send(changed, 'a', 1, 2, 3)
    await send(changed, 'b', 1)
    await deliver()

    expect(await jobsOf('a')).toEqual([
      { state: 'active', value: 1 },
      { state: 'created', value: 2 },
      { state: 'created', value: 3 },
    ])
    // It knows in time that somebody else is about to call the receiver.
    expect(heard).toEqual(['b=1'])
  })

  test('does not delay a job that another has claimed since, whatever its own receiver asks for', async () => {
    await send(limited, 'late', 1)
    await send(limited, 'b', 1)
    await deliver()

    expect(await jobsOf('late')).toEqual([{ state: 'active', value: 1 }])
  })

  // The embedded database has one connection, and so one transaction at a time.
  if (database.name === 'PGlite') return

  test('delivers the events of a shard in the order of their storing, whichever transaction began first', async () => {
    const { promise: stored, resolve: go } = Promise.withResolvers<void>()
    const { promise: began, resolve: begin } = Promise.withResolvers<void>()
    const early = transaction(async (own) => {
      await own.execute('select 1')
      begin()
      await stored
      limited.send('web', { shard: 'b', value: 2 })
    })
    await began
    await send(limited, 'b', 1)
    go()
    await early
    await running.outbox.drain()

    expect(heard).toEqual(['b=1', 'b=2'])
  })

  /** Which of the statements that wait for a lock are like `pattern`. */
  const waitingForLocks = async (
    own: ReturnType<typeof em>,
    pattern: string,
  ): Promise<readonly boolean[]> => {
    // A transaction sees what others do as it was at its first question, unless it asks afresh.
    await own.execute('select pg_stat_clear_snapshot()')
    const rows: unknown = await own.execute(
      `select query like ? as "is" from pg_stat_activity
       where datname = current_database() and state = 'active' and wait_event_type = 'Lock'`,
      [pattern],
    )
    return Likenesses.parse(rows).map((row) => row.is)
  }
  /** Nobody else reads or writes jobs until the transaction ends; who began to sees what it commits. */
  const lock = (own: ReturnType<typeof em>): Promise<unknown> =>
    own.execute('lock table aldis_jobs.job in access exclusive mode')

  test('drains what a receiver sent and finished while the look of the drain had begun', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const { promise: called, resolve: call } = Promise.withResolvers<void>()
    onLimited = () => {
      call()
      return released
    }
    await send(limited, 'c', 1)
    const draining = running.outbox.drain()
    await called
    onLimited = () => undefined
    const sentBeneathLook = (): Promise<boolean> =>
      transaction(async (own) => {
        await lock(own)
        const look = '%as "any"'
        await expect.poll(() => waitingForLocks(own, look), { interval: 5 }).not.toEqual([])
        // Another statement of the drain waits here as well, and the look comes after it.
        if (!(await waitingForLocks(own, look)).includes(true)) return false
        // As a transaction leaves it that the receiver began after the beginning of the look.
        await own.execute(
          `insert into aldis_jobs.job (name, data, policy, singleton_key, start_after)
           select name, data, policy, 'd', clock_timestamp() from aldis_jobs.job where state = 'active'`,
        )
        await own.execute(`update aldis_jobs.job set state = 'completed' where state = 'active'`)
        return true
      })
    await expect.poll(sentBeneathLook, { timeout: 40_000, interval: 1 }).toBe(true)
    release()

    expect(await draining).toBe(0)
    expect(await jobsOf('d')).toEqual([{ state: 'completed', value: 1 }])
  })

  test('delivers the events of a shard in the order of their storing, also when a look for them had begun before', async () => {
    await send(limited, 'c', 1)
    await running.outbox.drain()
    await using _serving = await running.serve()
    await transaction(async (own) => {
      await lock(own)
      const look = '%strict_fifo_heads%mirror/limited/shards%'
      await expect.poll(() => waitingForLocks(own, look), { timeout: 40_000, interval: 5 }).toContain(true)
      // As a transaction leaves it that began after the look.
      await own.execute(
        `insert into aldis_jobs.job (name, data, policy, singleton_key, created_on, start_after)
         select name, data, policy, singleton_key, clock_timestamp(), clock_timestamp() from aldis_jobs.job`,
      )
      limited.send('web', { shard: 'c', value: 2 })
    })

    await expect.poll(() => heard).toHaveLength(3)
    expect(heard).toEqual(['c=1', 'c=1', 'c=2'])
  })
})
