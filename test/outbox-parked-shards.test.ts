/** Jobs of shards that are parked together, and come back. The same on each database. */
import { setImmediate as nextTurn } from 'node:timers/promises'

import { SubscriptionMap, type Subscriptions } from '@aldis/core'
import { em, transaction } from '@aldis/models'
import { namespace, type Signal } from '@aldis/signals'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'

const Change = z.object({ shelf: z.string(), value: z.int() })
type Change = z.output<typeof Change>
const changed: Signal<'web', Change> = namespace('outbox_parked_shards').declare('changed', {
  senders: ['web'],
  payload: Change,
})

const heard: Record<'serial' | 'newest', number[]> = { serial: [], newest: [] }
/** The receivers that the plugin has, when it is loaded. */
let receivers: (keyof typeof heard)[] = []

const mirror = {
  getSignalSubscriptions(): Subscriptions {
    const map = new SubscriptionMap()
    for (const id of receivers) {
      const shelf = (_sender: 'web', change: Change): string => change.shelf
      const own = id === 'serial' ? { shard: shelf } : { coalesce: shelf }
      map.on(changed, (_sender, { value }) => void heard[id].push(value), { id, delivery: 'durable', ...own })
    }
    return map
  },
}

describeDatabases('parked jobs of a shard', (database) => {
  let running: OutboxHost
  beforeAll(async () => {
    receivers = ['serial']
    running = await startOutbox({
      database: await database.settings(),
      plugins: [{ name: 'mirror', plugin: mirror }],
    })
  })
  afterAll(() => running[Symbol.asyncDispose]())
  beforeEach(async () => {
    await em().execute('delete from aldis_jobs.job')
    for (const list of Object.values(heard)) list.length = 0
  })
  const send = (...values: readonly number[]): Promise<void> =>
    transaction(() => {
      for (const value of values) changed.send('web', { shelf: 'a', value })
    })

  /** Load the plugin with other receivers. */
  async function reload(...ids: (keyof typeof heard)[]): Promise<void> {
    await running.host.unload('mirror')
    receivers = ids
    await running.host.load('mirror')
  }

  /** Park all, as happens when no process has had the receiver for minutes. */
  async function park(): Promise<void> {
    await reload()
    await em().execute(`update aldis_jobs.queue set updated_on = updated_on - interval '10 minutes'`)
    await running.outbox.drain()
  }

  test('are not taken for older than one that comes back before them', async () => {
    await reload('newest')
    await send(1)
    await send(2)
    await park()
    await reload('newest')
    const parked = await running.outbox.list({ state: 'parked' })
    const details = await Promise.all(parked.map(({ id }) => running.outbox.show(id)))
    const older = details.find((job) => Change.parse(job?.payload).value === 1)

    expect(await running.outbox.retry({ ids: [older?.id ?? ''] })).toBe(1)
    await running.outbox.drain()
    expect(heard.newest).toEqual([1])
    expect(await running.outbox.retry({ plugin: 'mirror' })).toBe(1)
    await running.outbox.drain()
    expect(heard.newest).toEqual([1, 2])
  })

  test('come back in their order, however many there are', { timeout: 60_000 }, async () => {
    await reload('serial')
    const values = Array.from({ length: 1500 }, (_, value) => value)
    await send(...values)
    // As parking leaves them.
    await em().execute(
      `insert into aldis_jobs.job (name, data, singleton_key, source_name, source_id, source_created_on, source_retry_count)
       select 'aldis/parked', data, singleton_key, name, id, created_on, 0 from aldis_jobs.job`,
    )
    await em().execute(`delete from aldis_jobs.job where name <> 'aldis/parked'`)
    await using _serving = await running.serve()

    // Jobs of another shard, so that workers look all the time.
    const done = new AbortController()
    const traffic = (async () => {
      while (!done.signal.aborted) {
        await changed.sendAsync('web', { shelf: 'b', value: -1 })
        // The embedded database alone would leave nobody a turn.
        await nextTurn()
      }
    })()
    expect(await running.outbox.retry({ plugin: 'mirror', state: 'parked' })).toBe(values.length)
    done.abort()
    await traffic
    const own = (): number[] => heard.serial.filter((value) => value >= 0)
    await vi.waitFor(() => expect(own().length).toBeGreaterThan(50), 40_000)
    expect(own().slice(0, 50)).toEqual(values.slice(0, 50))
  })
})
