/** How stored events are delivered, retried, parked and resumed. The same on each database. */
import { SubscriptionMap, type CommandContext, type Subscriptions } from '@aldis/core'
import { em } from '@aldis/models'
import { DoNotRetryError, RetryAfterError, type OutboxJob } from '@aldis/outbox'
import { namespace, type Meta, type Signal } from '@aldis/signals'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { expectAtOnce } from './support/at-once.ts'
import { describeDatabases } from './support/databases.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'

const shop = namespace('outbox_delivery')
const placed: Signal<string, { readonly label: string }> = shop.declare('placed', {
  payload: z.object({ label: z.string() }),
})
/** As `placed`, for a receiver that has little time. */
const rushed: Signal<string, { readonly label: string }> = shop.declare('rushed', {
  payload: z.object({ label: z.string() }),
})
const priced: Signal<string, { readonly cents: number }> = shop.declare('priced', {
  payload: z.object({ cents: z.int() }),
  version: 3,
  upgrade: (old, from) => ({
    cents: z.object({ euros: z.number() }).parse(old).euros * (from === 1 ? 100 : 1),
  }),
})

const BATCH_SIZE = 5

/** What the receiver of the plugin `shop` does, as a test wishes. */
let onPlaced: (label: string, meta: Meta | undefined) => unknown = () => undefined
let id = 'ship'
const heard: unknown[] = []

const plugin = {
  getSignalSubscriptions(): Subscriptions {
    return new SubscriptionMap()
      .on(
        placed,
        async (_sender, { label }, meta) => {
          await onPlaced(label, meta)
          heard.push(label)
        },
        { id, delivery: 'durable', attempts: 3, retryDelayMs: 60_000 },
      )
      .on(rushed, (_sender, { label }, meta) => onPlaced(label, meta), {
        id: 'rush',
        delivery: 'durable',
        retryDelayMs: 60_000,
        timeoutMs: 500,
      })
      .on(priced, (_sender, { cents }) => void heard.push(cents), { id: 'price', delivery: 'durable' })
  },
}

describeDatabases('a durable receiver', (database) => {
  let running: OutboxHost
  beforeAll(async () => {
    running = await startOutbox({
      database: await database.settings(),
      plugins: [{ name: 'shop', plugin }],
      settings: { quarantineAfter: 4, batchSize: BATCH_SIZE },
    })
  })
  afterAll(() => running[Symbol.asyncDispose]())
  beforeEach(async () => {
    onPlaced = () => undefined
    heard.length = 0
    await em().execute('delete from aldis_jobs.job')
    await running.outbox.resume()
  })

  const send = (label: string): Promise<unknown> => placed.sendAsync('web', { label })
  const only = async (): Promise<OutboxJob> => {
    const [job, ...others] = await running.outbox.list()
    if (job === undefined || others.length > 0) throw new Error(`There are ${others.length} other jobs.`)
    return job
  }

  test('is called as soon as a transaction has committed, while the host serves', async () => {
    await using _serving = await running.serve()
    await expectAtOnce(async () => {
      heard.length = 0
      await em().execute('delete from aldis_jobs.job')
      await send('tea')
      await vi.waitFor(() => expect(heard).toEqual(['tea']), { timeout: 10_000, interval: 5 })
      await vi.waitFor(async () => expect(await only()).toMatchObject({ state: 'delivered', attempts: 1 }), {
        timeout: 10_000,
      })
    })
  })

  test('that fails is called again for the same event, later and later', async () => {
    const seen: unknown[] = []
    onPlaced = (_label, meta) => {
      seen.push([meta?.event?.id, meta?.event?.attempt])
      if (seen.length < 3) throw new Error(`failure ${seen.length}`)
    }
    await send('tea')
    const { eventId } = await only()
    /** In seconds. The failure is somewhere in a drain. */
    const waits: { readonly most: number; readonly least: number }[] = []
    for (const failure of ['failure 1', 'failure 2']) {
      const since = Date.now()
      expect(await running.outbox.drain()).toBe(1)
      const until = Date.now()
      const job = await only()
      expect(job).toMatchObject({ state: 'waiting', error: failure, eventId })
      const due = job.dueAt?.getTime() ?? 0
      waits.push({ most: (due - since) / 1000, least: (due - until) / 1000 })
      expect(await running.outbox.retry({ ids: [job.id] })).toBe(1)
    }
    expect(await running.outbox.drain()).toBe(0)

    expect(heard).toEqual(['tea'])
    expect(seen).toEqual([1, 2, 3].map((attempt) => [eventId, attempt]))
    // Doubled each time, less up to a half.
    expect(waits[0]?.most).toBeGreaterThan(59)
    expect(waits[0]?.least).toBeLessThan(121)
    expect(waits[1]?.most).toBeGreaterThan(119)
    expect(waits[1]?.least).toBeLessThan(241)
  })

  test('that fails as often as it may has its job parked, from where it can be retried', async () => {
    onPlaced = () => {
      throw new Error('closed')
    }
    await send('tea')
    const { eventId, id: first } = await only()
    for (let attempt = 0; attempt < 3; attempt++) {
      await running.outbox.drain()
      await running.outbox.retry({ ids: [first], state: 'waiting' })
    }
    const parked = (await running.outbox.list({ state: 'parked' }))[0]
    expect(parked).toMatchObject({ plugin: 'shop', subscription: id, error: 'closed', attempts: 3, eventId })
    expect(await running.outbox.show(first)).toMatchObject({ state: 'parked', payload: { label: 'tea' } })

    onPlaced = () => undefined
    expect(await running.outbox.retry({ plugin: 'shop' })).toBe(1)
    expect(await running.outbox.drain()).toBe(0)
    expect(heard).toEqual(['tea'])
    expect((await running.outbox.list({ state: 'delivered' }))[0]).toMatchObject({ eventId })
  })

  test('can say that nothing will help, and has its job parked at once', async () => {
    onPlaced = () => {
      throw new DoNotRetryError('the address is no address')
    }
    await send('tea')
    expect(await running.outbox.drain()).toBe(0)

    const job = (await running.outbox.list({ state: 'parked' }))[0]
    expect(job).toMatchObject({ error: 'the address is no address', errorCode: 'DO_NOT_RETRY', attempts: 1 })
    expect(await running.outbox.discard({ ids: [job?.id ?? ''] })).toBe(1)
    expect(await running.outbox.list({ state: 'parked' })).toEqual([])
  })

  test('can say when to call it again', async () => {
    onPlaced = () => {
      throw new RetryAfterError(3_600_000, 'at capacity')
    }
    await send('tea')
    expect(await running.outbox.drain()).toBe(1)

    const { dueAt, error, attempts } = await only()
    expect({ error, attempts }).toEqual({ error: 'at capacity', attempts: 1 })
    expect(Math.abs((dueAt?.getTime() ?? 0) - Date.now() - 3_600_000)).toBeLessThan(30_000)
  })

  test('that takes too long is aborted, and the attempt has failed', async () => {
    const aborted = Promise.withResolvers<unknown>()
    const { promise: never, resolve: end } = Promise.withResolvers<void>()
    onPlaced = (_label, meta) => {
      meta?.signal.addEventListener('abort', () => aborted.resolve(meta.signal.reason))
      return never
    }
    await rushed.sendAsync('web', { label: 'tea' })
    expect(await running.outbox.drain()).toBe(1)

    expect(await aborted.promise).toMatchObject({ code: 'RECEIVER_TIMEOUT', receiver: 'shop:rush' })
    expect(await only()).toMatchObject({
      errorCode: 'RECEIVER_TIMEOUT',
      error: '"outbox_delivery:rushed" gave up the receiver "shop:rush" after 500 ms.',
    })
    end()
  })

  test('fails alone in its batch', async () => {
    onPlaced = (label) => {
      if (label === '2') throw new Error('no')
    }
    for (const label of ['0', '1', '2', '3', '4']) await send(label)
    expect(await running.outbox.drain()).toBe(1)

    expect(heard.map(String).toSorted()).toEqual(['0', '1', '3', '4'])
    expect(await running.outbox.list({ state: 'waiting' })).toMatchObject([{ error: 'no' }])
  })

  test('that fails too often in a row is set aside, while others go on, until it is resumed', async () => {
    onPlaced = () => {
      throw new Error('the server is gone')
    }
    for (let number = 0; number < 30; number++) await send(`${number}`)
    await priced.sendAsync('web', { cents: 5 })
    const left = await running.outbox.drain()

    expect(left).toBe(30)
    expect(heard).toEqual([5])
    const stats = await running.outbox.stats()
    expect(stats.receivers.find(({ subscription }) => subscription === id)).toMatchObject({
      status: 'quarantined',
      quarantine: { failures: 4, reason: 'the server is gone' },
      waiting: 30,
    })
    // Those that were taken together with the last failure.
    expect(
      (await running.outbox.list({ state: 'waiting' })).filter(({ attempts }) => attempts > 0),
    ).toHaveLength(BATCH_SIZE)

    onPlaced = () => undefined
    expect(await running.outbox.resume()).toEqual([{ plugin: 'shop', subscription: id }])
    await running.outbox.retry({ plugin: 'shop', state: 'waiting' })
    expect(await running.outbox.drain()).toBe(0)
    expect(heard).toHaveLength(31)
  })

  test('hears nothing while its plugin is away, and everything when it is back', async () => {
    await send('tea')
    await running.host.unload('shop')
    expect(await running.outbox.drain()).toBe(1)
    const away = await running.outbox.stats()
    expect(away.receivers.find(({ subscription }) => subscription === id)).toMatchObject({
      status: 'disabled',
      waiting: 1,
    })
    expect(heard).toEqual([])

    await running.host.load('shop')
    expect(await running.outbox.drain()).toBe(0)
    expect(heard).toEqual(['tea'])
  })

  test('that has another id after a deploy has its jobs parked with the reason, until it has the old one again', async () => {
    await send('tea')
    id = 'send_off'
    await running.host.reload('shop')
    // Another process may have the receiver still, or already.
    expect(await running.outbox.drain()).toBe(1)
    await em().execute(`update aldis_jobs.queue set updated_on = updated_on - interval '6 minutes'`)
    expect(await running.outbox.drain()).toBe(0)
    const [job] = await running.outbox.list({ state: 'parked' })
    expect(job?.error).toBe(
      'The plugin "shop" has no durable subscription "ship" any more. Give the receiver this id again and retry the ' +
        'job, or discard it.',
    )

    id = 'ship'
    await running.host.reload('shop')
    expect(await running.outbox.retry({})).toBe(1)
    expect(await running.outbox.drain()).toBe(0)
    expect(heard).toEqual(['tea'])
  })

  test('is shown to other processes when its plugin loads, so that those with other code leave its jobs alone', async () => {
    const abandoned = `select name from aldis_jobs.queue where name like 'shop/%' and updated_on < now() - interval '5 minutes'`
    await em().execute(`update aldis_jobs.queue set updated_on = updated_on - interval '6 minutes'`)
    expect(await em().execute(abandoned)).not.toEqual([])
    await running.host.reload('shop')
    expect(await em().execute(abandoned)).toEqual(
      [{ name: 'shop/send_off' }].filter(({ name }) => name !== `shop/${id}`),
    )
  })

  /** Store what older code would have. */
  const age = (payload: string, version: number): Promise<unknown> =>
    em().execute(
      `update aldis_jobs.job set data = data || jsonb_build_object('payload', ?::text, 'version', ?::int)`,
      [payload, version],
    )

  test('hears payloads of older versions as its declaration upgrades them', async () => {
    await priced.sendAsync('web', { cents: 1 })
    await age('{"euros":7}', 1)
    await running.outbox.drain()
    await priced.sendAsync('web', { cents: 2 })
    await em().execute(`delete from aldis_jobs.job where state = 'completed'`)
    await age('{"euros":7}', 2)
    await running.outbox.drain()

    expect(heard).toEqual([700, 7])
  })

  test('never hears a payload that is no longer understood: its job is parked with the reason', async () => {
    await priced.sendAsync('web', { cents: 1 })
    await age('{"cents":"many"}', 3)
    expect(await running.outbox.drain()).toBe(0)
    await send('tea')
    await em().execute(
      `update aldis_jobs.job set data = data || '{"payload":"{\\"label\\":1}"}' where state = 'created' and name = 'shop/ship'`,
    )
    expect(await running.outbox.drain()).toBe(0)

    expect(heard).toEqual([])
    const errors = (await running.outbox.list({ state: 'parked' })).map(({ error }) => error)
    expect(errors[0]).toContain('and its declaration has no upgrade: label: Invalid input')
    expect(errors[1]).toContain('The upgrade of the stored payload failed')
  })

  test('waits for newer code with a payload that only that understands', async () => {
    await priced.sendAsync('web', { cents: 1 })
    await age('{"amount":1}', 4)
    expect(await running.outbox.drain()).toBe(1)

    expect(await only()).toMatchObject({ state: 'waiting' })
    expect((await only()).error).toContain('is of version 4, and this process knows 3')
  })

  test('that wakes up after its job was given to another cannot settle it', async () => {
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>()
    const { promise: called, resolve: call } = Promise.withResolvers<void>()
    onPlaced = () => {
      call()
      return woken
    }
    await send('tea')
    const stop = new AbortController()
    const draining = running.outbox.drain({ signal: stop.signal })
    await called
    // As the monitor and another process do when this one seems dead.
    await em().execute(`update aldis_jobs.job set retry_count = retry_count + 1 where state = 'active'`)
    wake()
    await vi.waitFor(() => expect(heard).toEqual(['tea']), { timeout: 10_000 })
    stop.abort()
    await draining

    expect(await only()).toMatchObject({ state: 'running', attempts: 2 })
  })

  test('of many events is called once for each by two workers at once', async () => {
    const labels = Array.from({ length: 200 }, (_, number) => `${number}`)
    for (const label of labels) await send(label)
    await Promise.all([running.outbox.drain(), running.outbox.drain()])

    expect(heard.map(String).toSorted()).toEqual(labels.toSorted())
  })

  test('is waited for by a drain, and so is every receiver of what it sends itself', async () => {
    const hops = 60
    onPlaced = async (label) => {
      if (Number(label) < hops) await send(String(Number(label) + 1))
    }
    await send('1')
    const drains = Array.from({ length: 20 }, () => running.outbox.drain())

    expect(await Promise.all(drains)).toEqual(drains.map(() => 0))
    expect(heard).toHaveLength(hops)
  })

  test('is served by "aldis worker" on PostgreSQL, and on the embedded database that says why not', async () => {
    const command = running.host.commands.find(({ name }) => name === 'worker')
    const stop = new AbortController()
    const context: CommandContext = {
      host: running.host,
      stdout: () => undefined,
      stderr: () => undefined,
      isTTY: false,
      columns: 80,
      color: false,
      signal: stop.signal,
    }
    const ran = Promise.resolve(command?.run({ arguments: {}, options: {} }, context))
    if (database.name === 'PGlite') {
      await expect(ran).rejects.toMatchObject({ code: 'WORKER_NEEDS_POSTGRESQL' })
      return
    }
    await send('tea')
    await vi.waitFor(() => expect(heard).toEqual(['tea']), { timeout: 10_000 })
    stop.abort()
    await ran
  })
})
