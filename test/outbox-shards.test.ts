/** Shards that are delivered in order, and events of which only the newest is. The same on each database. */
import { SubscriptionMap, type Subscriptions } from '@aldis/core'
import { afterCommit, em, transaction } from '@aldis/models'
import { DoNotRetryError, type OutboxJob } from '@aldis/outbox'
import { namespace, type Signal } from '@aldis/signals'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'

interface Change {
  readonly organization: string
  readonly item: string
  readonly value: number
}
const changed: Signal<'web', Change> = namespace('outbox_shards').declare('changed', {
  senders: ['web'],
  payload: z.object({ organization: z.string(), item: z.string(), value: z.number() }),
})

/** What the receivers of the plugin `mirror` do, as a test wishes. */
let onChanged: (change: Change) => unknown = () => undefined
/** By receiver. */
const heard: Record<'serial' | 'newest' | 'strict' | 'alone', string[]> = {
  serial: [],
  newest: [],
  strict: [],
  alone: [],
}
const text = ({ organization, item, value }: Change): string => `${organization}/${item}=${value}`

function hears(name: keyof typeof heard) {
  return async (_sender: 'web', change: Change): Promise<void> => {
    if (name === listening) await onChanged(change)
    heard[name].push(text(change))
  }
}
/** The receiver that does it; the others return. */
let listening: keyof typeof heard = 'serial'

const mirror = {
  getSignalSubscriptions(): Subscriptions {
    const shard = (_sender: 'web', { organization }: Change): string => organization
    const coalesce = (_sender: 'web', { item }: Change): string => item
    const usual = { delivery: 'durable', attempts: 3, retryDelayMs: 60_000 } as const
    return new SubscriptionMap()
      .on(changed, hears('serial'), { ...usual, id: 'serial', shard })
      .on(changed, hears('newest'), { ...usual, id: 'newest', shard, coalesce })
      .on(changed, hears('strict'), { ...usual, id: 'strict', shard, whenParked: 'hold' })
      .on(changed, hears('alone'), { ...usual, id: 'alone', coalesce })
  },
}

describeDatabases('a durable receiver with shards', (database) => {
  let running: OutboxHost
  beforeAll(async () => {
    running = await startOutbox({
      database: await database.settings(),
      plugins: [{ name: 'mirror', plugin: mirror }],
      settings: { pausedShards: { 'mirror:serial': ['away'] } },
    })
  })
  afterAll(() => running[Symbol.asyncDispose]())
  beforeEach(async () => {
    onChanged = () => undefined
    for (const list of Object.values(heard)) list.length = 0
    await em().execute('delete from aldis_jobs.job')
    await running.outbox.resume()
  })

  const send = (...changes: readonly string[]): Promise<void> =>
    transaction(() => {
      for (const change of changes) changed.send('web', parse(change))
    })
  const jobsOf = (subscription: keyof typeof heard): Promise<readonly OutboxJob[]> =>
    running.outbox.list({ plugin: 'mirror', subscription })
  const due = async (subscription: keyof typeof heard): Promise<void> => {
    await running.outbox.retry({ plugin: 'mirror', subscription, state: 'waiting' })
    await running.outbox.drain()
  }

  test('hears the events of a shard one after the other, in the order of their sending, and shards beside each other', async () => {
    const inside = new Set<string>()
    const { promise: together, resolve: meet } = Promise.withResolvers<void>()
    onChanged = async ({ organization }) => {
      expect(inside.has(organization)).toBe(false)
      inside.add(organization)
      if (inside.size === 3) meet()
      await together
      await new Promise((resolve) => setImmediate(resolve))
      inside.delete(organization)
    }
    const values = Array.from({ length: 8 }, (_, value) => value)
    await send(...values.flatMap((value) => [`a/x=${value}`, `b/x=${value}`]))
    for (const value of values) await send(`c/x=${value}`)
    expect(await running.outbox.drain()).toBe(0)

    for (const shard of ['a', 'b', 'c']) {
      const own = heard.serial.filter((change) => change.startsWith(shard))
      expect(own).toEqual(values.map((value) => `${shard}/x=${value}`))
    }
  })

  test('hears what a savepoint sent between what was sent before and after it', async () => {
    const one = (value: number): unknown => changed.send('web', { organization: 'a', item: 'x', value })
    await transaction(async () => {
      one(1)
      await transaction(() => void one(2))
      one(3)
      await transaction(() => void one(4))
    })
    await running.outbox.drain()
    expect(heard.serial).toEqual(['a/x=1', 'a/x=2', 'a/x=3', 'a/x=4'])
    expect(heard.newest).toEqual(['a/x=4'])
  })

  test('that fails holds back what comes after in the shard, and nothing else', async () => {
    onChanged = ({ value }) => {
      if (value === 1) throw new Error('not yet')
    }
    await send('a/x=1', 'a/x=2', 'b/x=3')
    await running.outbox.drain()
    expect(heard.serial).toEqual(['b/x=3'])
    const [shard] = await running.outbox.shards({ plugin: 'mirror', subscription: 'serial' })
    expect(shard).toMatchObject({ shard: 'a', status: 'retrying', waiting: 2, error: 'not yet' })
    expect(shard?.retryAt?.getTime()).toBeGreaterThan(Date.now() + 20_000)

    onChanged = () => undefined
    await due('serial')
    expect(heard.serial).toEqual(['b/x=3', 'a/x=1', 'a/x=2'])
  })

  test('that is to be called at once is, and what comes after in the shard is not counted and has waited as long as before', async () => {
    onChanged = ({ value }) => {
      if (value === 1) throw new Error('not yet')
    }
    await send('a/x=1', 'a/x=2', 'a/x=3')
    await running.outbox.drain()
    await em().execute(
      `update aldis_jobs.job set start_after = start_after - interval '1 hour' where state = 'created'`,
    )
    const filter = { plugin: 'mirror', subscription: 'serial', state: 'waiting' } as const
    const behind = (await jobsOf('serial')).filter(({ attempts }) => attempts === 0).map(({ id }) => id)
    expect(behind).toHaveLength(2)
    expect(await running.outbox.retry({ ids: behind })).toBe(0)
    expect(await running.outbox.retry(filter)).toBe(1)
    expect(await running.outbox.retry(filter)).toBe(0)
    expect((await running.outbox.stats()).lagSeconds).toBeGreaterThan(3599)

    onChanged = () => undefined
    await running.outbox.drain()
    expect(heard.serial).toEqual(['a/x=1', 'a/x=2', 'a/x=3'])
  })

  test('whose job is parked goes on with the shard, and hears the parked one before the others when it is retried', async () => {
    onChanged = ({ value }) => {
      if (value === 1) throw new DoNotRetryError('never')
    }
    await send('a/x=1', 'a/x=2')
    await running.outbox.drain()
    expect(heard.serial).toEqual(['a/x=2'])

    onChanged = () => undefined
    await running.host.unload('mirror')
    const later = { organization: 'a', item: 'x', value: 3 }
    await running.host.load('mirror')
    await changed.sendAsync('web', later)
    expect(await running.outbox.retry({ plugin: 'mirror', subscription: 'serial' })).toBe(1)
    await running.outbox.drain()
    expect(heard.serial).toEqual(['a/x=2', 'a/x=1', 'a/x=3'])
  })

  test('that says so waits with the shard of a parked job until somebody retries or discards that', async () => {
    listening = 'strict'
    onChanged = ({ value }) => {
      if (value < 10) throw new DoNotRetryError('never')
    }
    await send('a/x=1', 'a/x=12', 'b/x=2', 'b/x=13')
    await running.outbox.drain()
    expect(heard.strict).toEqual([])
    const shards = await running.outbox.shards({ plugin: 'mirror', subscription: 'strict' })
    expect(shards).toMatchObject([
      { shard: 'a', status: 'held', waiting: 1, error: 'never' },
      { shard: 'b', status: 'held', waiting: 1 },
    ])

    const parked = await running.outbox.list({ plugin: 'mirror', subscription: 'strict', state: 'parked' })
    const [inA, inB] = ['a', 'b'].map((shard) =>
      parked.filter((job) => job.shard === shard).map(({ id }) => id),
    )
    onChanged = () => undefined
    expect(await running.outbox.retry({ ids: inA ?? [] })).toBe(1)
    expect(await running.outbox.discard({ ids: inB ?? [] })).toBe(1)
    await running.outbox.drain()
    expect(heard.strict.toSorted()).toEqual(['a/x=1', 'a/x=12', 'b/x=13'])
    expect(heard.strict.indexOf('a/x=1')).toBeLessThan(heard.strict.indexOf('a/x=12'))
    listening = 'serial'
  })

  test('that coalesces hears the newest of what waits about the same, in the place of the oldest', async () => {
    await send('a/x=1', 'a/y=1', 'a/x=2')
    await send('b/x=7', 'a/x=3')
    expect(await running.outbox.drain()).toBe(0)
    expect(heard.newest.filter((change) => change.startsWith('a'))).toEqual(['a/x=3', 'a/y=1'])
    expect(heard.newest.filter((change) => change.startsWith('b'))).toEqual(['b/x=7'])
    // Without shards of its own, what it is about is the shard.
    expect(heard.alone.toSorted()).toEqual(['a/x=3', 'a/y=1'])
  })

  test('that coalesces hears afterwards what is added while it runs', async () => {
    listening = 'newest'
    onChanged = async ({ value }) => {
      if (value === 2) await send('a/x=3', 'a/x=4')
    }
    await send('a/x=1', 'a/x=2')
    expect(await running.outbox.drain()).toBe(0)
    expect(heard.newest).toEqual(['a/x=2', 'a/x=4'])
    listening = 'serial'
  })

  test('that coalesces hears the newest when it is called again, and never an old one from among the parked', async () => {
    listening = 'newest'
    onChanged = ({ value }) => {
      if (value < 3) throw new DoNotRetryError(`not ${value}`)
    }
    await send('a/x=1')
    await send('a/x=2')
    await running.outbox.drain()
    expect(await jobsOf('newest')).toMatchObject([{ state: 'parked', error: 'not 2' }])

    await send('a/x=3')
    expect(await running.outbox.retry({ plugin: 'mirror', subscription: 'newest' })).toBe(1)
    await running.outbox.drain()
    expect(heard.newest).toEqual(['a/x=3'])

    await send('a/x=2')
    await running.outbox.drain()
    await send('a/x=5')
    await running.outbox.drain()
    expect(heard.newest).toEqual(['a/x=3', 'a/x=5'])
    expect(await running.outbox.list({ plugin: 'mirror', state: 'parked' })).toEqual([])
    listening = 'serial'
  })

  test('waits with the shards that the settings pause, and shows how deep they are', async () => {
    await send('away/x=1', 'away/x=2', 'a/x=1')
    await running.outbox.drain()
    expect(heard.serial).toEqual(['a/x=1'])
    expect(await running.outbox.shards()).toMatchObject([
      { plugin: 'mirror', subscription: 'serial', shard: 'away', status: 'paused', waiting: 2 },
    ])
    expect(await jobsOf('serial')).toContainEqual(expect.objectContaining({ state: 'waiting', attempts: 0 }))
  })

  test('is taken to a shard by text or a number, and what is neither is refused before anyone is called', async () => {
    const before = heard.serial.length
    await expect(send('/x=1')).rejects.toMatchObject({ code: 'SHARD_KEY_INVALID' })
    await expect(send(`${'a'.repeat(501)}/x=1`)).rejects.toMatchObject({ code: 'SHARD_KEY_INVALID' })
    await expect(send('a\0/x=1')).rejects.toMatchObject({ code: 'SHARD_KEY_INVALID' })
    await send(`${'\u{ffff}'.repeat(500)}/x=1`)
    await running.outbox.drain()
    expect(heard.serial).toHaveLength(before + 1)
  })

  test('has been called when a transaction resolves that drains after its commit, whatever is sent meanwhile', async () => {
    // A drain of whatever is sent meanwhile would come to so many.
    const ENOUGH = 500
    let sent = 0
    onChanged = async () => {
      if (sent++ < ENOUGH) await send('a/x=1')
    }
    await transaction(() => {
      changed.send('web', { organization: 'a', item: 'x', value: 0 })
      afterCommit(async () => void (await running.outbox.drain({ onlyPresent: true })))
    })
    expect(heard.serial).toContain('a/x=0')
    expect(sent).toBeLessThan(ENOUGH)
    onChanged = () => undefined
    expect(await running.outbox.drain()).toBe(0)
  })
})

function parse(change: string): Change {
  const [organization = '', item = '', value] = change.split(/[/=]/)
  return { organization, item, value: Number(value) }
}
