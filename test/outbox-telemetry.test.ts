/** What an SDK of OpenTelemetry is told of durable events. The same on each database. */
import { SubscriptionMap } from '@aldis/core'
import { transaction } from '@aldis/models'
import { DoNotRetryError, RetryAfterError } from '@aldis/outbox'
import { namespace, type Signal } from '@aldis/signals'
import { context, trace, type SpanContext } from '@opentelemetry/api'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { MemoryTelemetry, type MemorySpan } from './support/memory-telemetry.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'

type Labelled = Signal<string, { readonly label: string }>
const shop = namespace('outbox_telemetry')
const placed: Labelled = shop.declare('placed', { payload: z.object({ label: z.string() }) })
const shipped: Labelled = shop.declare('shipped', { payload: z.object({ label: z.string() }) })

let failures: Error[] = []
/** What the receiver `ship` does before anything else, as a test wishes. */
let onShip: () => unknown = () => undefined
/** The span of the code of each receiver. */
const inside: (SpanContext | undefined)[] = []
const plugin = {
  getSignalSubscriptions: () =>
    new SubscriptionMap()
      .on(
        placed,
        async (_sender, { label }) => {
          inside.push(trace.getSpanContext(context.active()))
          await onShip()
          const failure = failures.shift()
          if (failure) throw failure
          await shipped.sendAsync('shop', { label })
        },
        { id: 'ship', delivery: 'durable', retryDelayMs: 0 },
      )
      .on(shipped, () => void inside.push(trace.getSpanContext(context.active())), {
        id: 'tell',
        delivery: 'durable',
      }),
}

describeDatabases('what is told of a durable event', (database) => {
  let telemetry: MemoryTelemetry
  let running: OutboxHost
  beforeAll(async () => {
    telemetry = new MemoryTelemetry()
    running = await startOutbox({
      database: await database.settings(),
      plugins: [{ name: 'shop', plugin }],
    })
  })
  afterAll(async () => {
    await running[Symbol.asyncDispose]()
    telemetry[Symbol.dispose]()
  })
  beforeEach(() => {
    failures = []
    onShip = () => undefined
    inside.length = 0
    telemetry.measured.length = 0
    telemetry.spans.length = 0
  })

  async function drained(): Promise<void> {
    await expect.poll(() => running.outbox.drain(), { timeout: 20_000 }).toBe(0)
  }
  const spans = (name: string): MemorySpan[] => telemetry.spans.filter((span) => span.name === name)
  const valuesOf = (metric: string): object[] =>
    telemetry.measured.filter((each) => each.metric === metric).map(({ attributes }) => attributes)

  test('its trace goes on in its receivers, and in those of what they send', async () => {
    const request = await telemetry.within('request', async (own) => {
      await transaction(() => void placed.send('web', { label: 'tea' }))
      return own
    })
    await drained()

    const [ship] = spans('deliver outbox_telemetry:placed')
    const [tell] = spans('deliver outbox_telemetry:shipped')
    expect(ship?.parent).toMatchObject(request)
    expect(tell?.parent).toMatchObject({ traceId: request.traceId, spanId: ship?.spanContext.spanId })
    expect(inside).toEqual([ship?.spanContext, tell?.spanContext])
    expect(ship?.attributes).toMatchObject({
      plugin: 'shop',
      receiver: 'ship',
      signal: 'outbox_telemetry:placed',
      attempt: 1,
    })
    expect(telemetry.spans.filter(({ ended }) => ended)).toEqual([ship, tell])
  })

  test('each attempt is a span and is counted with what became of it, and how long it took, by plugin and receiver', async () => {
    failures = [new Error('the printer is out of paper'), new DoNotRetryError('the address is no address')]
    const request = await telemetry.within('request', async (own) => {
      await placed.sendAsync('web', { label: 'tea' })
      return own
    })
    await drained()

    const attempts = spans('deliver outbox_telemetry:placed')
    expect(attempts.map(({ attributes, failed }) => ({ attempt: attributes['attempt'], failed }))).toEqual([
      { attempt: 1, failed: true },
      { attempt: 2, failed: true },
    ])
    expect(new Set(attempts.map(({ spanContext }) => spanContext.traceId))).toEqual(
      new Set([request.traceId]),
    )
    const ship = { plugin: 'shop', receiver: 'ship' }
    const outcomes = [
      { ...ship, outcome: 'failed' },
      { ...ship, outcome: 'parked' },
    ]
    expect(valuesOf('aldis.outbox.attempts')).toEqual(outcomes)
    expect(valuesOf('aldis.outbox.duration')).toEqual(outcomes)
    // From the send to the first call, and of the others nothing.
    expect(valuesOf('aldis.outbox.lag')).toEqual([ship])
    await running.outbox.discard({ plugin: 'shop' })
  })

  test('its lag is the time from the send to the first call, in seconds, and its duration that of the call', async () => {
    const LONG_MS = 120
    const pass = (): Promise<void> => {
      const since = performance.now()
      return expect.poll(() => performance.now() - since).toBeGreaterThan(LONG_MS)
    }
    onShip = pass
    const since = performance.now()
    await placed.sendAsync('web', { label: 'tea' })
    await pass()
    await drained()
    const all = (performance.now() - since) / 1000

    const own = telemetry.measured.filter(({ attributes }) => attributes['receiver'] === 'ship')
    const value = (metric: string): number | undefined => own.find((each) => each.metric === metric)?.value
    for (const metric of ['aldis.outbox.lag', 'aldis.outbox.duration']) {
      expect(value(metric)).toBeGreaterThan(LONG_MS / 1000)
      expect(value(metric)).toBeLessThan(all)
    }
  })

  test('how many wait is told by plugin and receiver while a process delivers, and by no other', async () => {
    expect(await telemetry.observe()).toEqual([])
    await using _serving = await running.serve()
    failures = [new RetryAfterError(3_600_000, 'the printer is out of paper')]
    const depth = { metric: 'aldis.outbox.depth', attributes: { plugin: 'shop', receiver: 'ship' } }
    await placed.sendAsync('web', { label: 'tea' })

    await expect.poll(() => telemetry.observe()).toContainEqual({ ...depth, value: 1 })
    await expect.poll(() => running.outbox.retry({ state: 'waiting' })).toBe(1)
    await expect.poll(() => telemetry.observe()).toContainEqual({ ...depth, value: 0 })
  })
})
