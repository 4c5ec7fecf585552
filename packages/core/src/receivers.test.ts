/**
 * What receivers can do to each other, to their senders and to the host: nothing that is not told.
 */
import { AsyncReceiverError } from '@aldis/signals'
import { afterEach, beforeEach, expect, test } from 'vitest'

import {
  createHost,
  signals,
  SubscriptionMap,
  type Host,
  type HostOptions,
  type PluginDefinition,
  type ReceiverError,
} from './index.ts'
import { MemoryLogger, usePlugin } from './testing.ts'

interface Order {
  readonly id: string
  readonly lines: readonly { readonly sku: string }[]
}
const placed = signals.ckanext.signal<string, Order>('receivers_placed')
const answered = signals.ckanext.signal<string, Order>('receivers_answered')
const order = (): Order => ({ id: 'o-1', lines: [{ sku: 'lamp' }] })

let failures: ReceiverError[] = []
let logger = new MemoryLogger()
let host: Host | undefined

beforeEach(() => {
  failures = []
  logger = new MemoryLogger()
})

afterEach(async () => {
  await host?.stop()
  host = undefined
})

type Hear = (sender: string, payload: Order, meta?: { readonly signal: AbortSignal }) => unknown

const listener = (name: string, hear: Hear, id = 'hear'): PluginDefinition => ({
  name,
  plugin: { getSignalSubscriptions: () => new SubscriptionMap().on(placed, hear, { id }) },
})

async function load(plugins: PluginDefinition[], options: HostOptions = {}): Promise<Host> {
  host = await createHost({
    config: { plugins: plugins.map(({ name }) => name) },
    env: {},
    plugins,
    logger,
    loadTimeoutMs: 200,
    onReceiverError: (failure) => failures.push(failure),
    ...options,
  })
  await host.load()
  return host
}

const throwing = (text: string): Hear => {
  return () => {
    throw new Error(text)
  }
}

test('of five receivers the second throws: a robust send calls all, and says who it was (P1)', async () => {
  const called: number[] = []
  const plugins = [1, 2, 3, 4, 5].map((number) =>
    listener(`p${number}`, () => {
      called.push(number)
      if (number === 2) throw new Error('two')
    }),
  )
  await load(plugins)
  const results = placed.sendRobust('web', order())

  expect(called).toEqual([1, 2, 3, 4, 5])
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ])
  expect(failures).toEqual([{ signal: placed, plugin: 'p2', subscription: 'hear', error: new Error('two') }])
})

test('of five receivers the second throws: a strict send stops there and throws it unchanged (P1)', async () => {
  const error = new Error('two')
  const called: number[] = []
  await load([
    listener('p1', () => called.push(1)),
    listener('p2', () => {
      throw error
    }),
    listener('p3', () => called.push(3)),
  ])
  expect(() => placed.send('web', order())).toThrow(error)
  expect(called).toEqual([1])
  expect(failures).toEqual([])
})

test('a promise that is rejected later, from a sync send, goes to the error sink and is never unhandled (P2)', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  await load([listener('late', () => Promise.reject(new Error('later')))])
  const [pair] = placed.send('web', order())
  await expect(pair?.[1]).rejects.toThrow('later')
  placed.notify('web', order())
  placed.sendRobust('web', order())
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)

  expect(failures.map(({ plugin, error }) => [plugin, String(error)])).toEqual([
    ['late', 'Error: later'],
    ['late', 'Error: later'],
    ['late', 'Error: later'],
  ])
  expect(unhandled).toEqual([])
})

test('an async receiver is refused by a sync send before anyone is called', async () => {
  let called = 0
  await load([listener('sync', () => called++), listener('async', async () => 1)])
  expect(() => placed.send('web', order())).toThrow(AsyncReceiverError)
  expect(called).toBe(0)
})

test('a receiver that never settles is given up at the deadline, told so, and the others run (P3)', async () => {
  let told: AbortSignal | undefined
  await load([
    listener('hanging', (_sender, _payload, meta) => {
      told = meta?.signal
      return new Promise(() => {})
    }),
    listener('next', () => 'called'),
  ])
  const results = await placed.sendRobustAsync('web', order(), { timeoutMs: 10 })

  expect(results).toMatchObject([
    { status: 'rejected', reason: { code: 'RECEIVER_TIMEOUT' } },
    { status: 'fulfilled', value: 'called' },
  ])
  expect(told?.aborted).toBe(true)
  expect(failures).toMatchObject([{ plugin: 'hanging', subscription: 'hear' }])
})

test('with payloads frozen, a receiver that changes one fails and the next sees it whole (P4)', async () => {
  const seen: string[] = []
  const change: Hear = (_sender, payload) => {
    Reflect.set(payload.lines[0] ?? {}, 'sku', 'stolen', payload.lines[0])
    Object.assign(payload.lines[0] ?? {}, { sku: 'stolen' })
  }
  await load(
    [listener('thief', change), listener('next', (_sender, { lines }) => seen.push(lines[0]?.sku ?? ''))],
    {
      freezePayloads: true,
    },
  )
  // Frozen already, but not all the way down: as a parsed payload is.
  const results = placed.sendRobust('web', Object.freeze(order()))
  expect(results).toMatchObject([
    { status: 'rejected', reason: { name: 'TypeError' } },
    { status: 'fulfilled' },
  ])
  expect(seen).toEqual(['lamp'])

  const circular: { self?: unknown; readonly lines: { sku: string }[] } = { lines: [{ sku: 'lamp' }] }
  circular.self = circular
  placed.sendRobust('web', Object.assign(circular, { id: 'o-2' }))
  expect(circular.lines[0]?.sku).toBe('lamp')
})

test("usePlugin freezes payloads, class instances and the host's own copies excepted", async () => {
  class Model {
    sku = 'lamp'
  }
  const model = new Model()
  await using used = await usePlugin(
    listener('changer', (_sender, payload) => {
      Object.assign(payload.lines[0] ?? {}, { sku: 'changed' })
    }),
  )
  expect(used.plugins).toHaveLength(1)
  placed.send('web', { id: 'o-1', lines: [model] })
  expect(model.sku).toBe('changed')
  expect(() => placed.send('web', order())).toThrow(TypeError)
})

test('a plugin that loads during a send is not called by it, one that goes is not called any more (P5)', async () => {
  const called: string[] = []
  let once = true
  const first = listener('first', async () => {
    called.push('first')
    if (!once) return
    once = false
    await host?.unload('second')
    await host?.load('third')
  })
  const plugins = [
    first,
    listener('second', () => called.push('second')),
    listener('third', () => called.push('third')),
  ]
  await load(plugins, { config: { plugins: ['first', 'second'] } })
  await placed.sendAsync('web', order())
  expect(called).toEqual(['first'])
  await placed.sendAsync('web', order())
  expect(called).toEqual(['first', 'first', 'third'])
})

test.each([
  ['send', () => placed.send('web', order()), () => answered.send('web', order())],
  ['notify', () => placed.notify('web', order()), () => answered.notify('web', order())],
  ['sendAsync', () => placed.sendAsync('web', order()), () => answered.sendAsync('web', order())],
  [
    'sendRobustAsync',
    () => placed.sendRobustAsync('web', order()),
    () => answered.sendRobustAsync('web', order()),
  ],
])(
  'two plugins that answer each other without end get a typed error, with %s (P6)',
  async (_method, ping, pong) => {
    let calls = 0
    const ends: unknown[] = []
    const note = async (again: () => unknown): Promise<void> => {
      try {
        await again()
      } catch (error) {
        ends.push(error)
        throw error
      }
    }
    const one = listener('one', () => (calls++, note(pong)))
    const two: PluginDefinition = {
      name: 'two',
      plugin: {
        getSignalSubscriptions: () => new SubscriptionMap().on(answered, () => (calls++, note(ping))),
      },
    }
    await load([one, two])
    await Promise.resolve()
      .then(ping)
      .catch((error: unknown) => ends.push(error))
    while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve))

    expect(ends[0]).toMatchObject({ code: 'SEND_RECURSION' })
    expect(calls).toBeLessThan(300)
  },
)

test('a receiver that an application holds weakly is gone with its owner, whatever plugins do (P7)', async () => {
  await load([listener('steady', () => 'steady')])
  const forget = (): void => void placed.connect(() => 'weak', { weak: true })
  for (let round = 0; round < 10; round++) forget()
  // Looking at a weak receiver keeps it until the turn ends, so collecting comes first in each.
  for (let round = 0; round < 20; round++) {
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc?.()
  }
  await new Promise((resolve) => setImmediate(resolve))
  expect(placed.send('web', order()).map(([, value]) => value)).toEqual(['steady'])
  expect(host?.signals.find(({ signal }) => signal === placed)?.receivers).toHaveLength(1)
})

test('a receiver is called as the plugin, and shown as the function it is', async () => {
  class Named {
    readonly title = 'the plugin'
    getSignalSubscriptions(): SubscriptionMap {
      return new SubscriptionMap().on(placed, Named.prototype.hear)
    }
    hear(): string {
      return this.title
    }
  }
  const host = await load([{ name: 'named', plugin: Named }])
  expect(placed.send('web', order())).toEqual([[Named.prototype.hear, 'the plugin']])
  expect(host.signals.find(({ signal }) => signal === placed)?.receivers).toMatchObject([
    { plugin: 'named', id: 'hear', receiver: Named.prototype.hear, delivery: 'inline', sender: undefined },
  ])
})

test('an unload waits for receivers that run, and disposes what they use after them', async () => {
  const events: string[] = []
  let release = (): void => undefined
  const running = new Promise<void>((resolve) => {
    release = resolve
  })
  const host = await load(
    [
      listener('slow', async () => {
        await running
        events.push('receiver ends')
      }),
    ],
    { loadTimeoutMs: 60_000 },
  )
  const sending = placed.sendAsync('web', order())
  const unloading = host.unload('slow').then(() => events.push('unloaded'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(events).toEqual([])
  expect(placed.hasReceivers).toBe(false)
  release()
  await Promise.all([sending, unloading])
  expect(events).toEqual(['receiver ends', 'unloaded'])
})

test('an unload does not wait for ever: what still runs is told in the log', async () => {
  const host = await load([listener('stuck', () => new Promise(() => {}))], { loadTimeoutMs: 20 })
  placed.notify('web', order())
  await host.unload('stuck')

  expect(logger.lines.find(({ level }) => level === 'warn')).toMatchObject({
    fields: { plugin: 'stuck', running: 1, err: { code: 'PLUGIN_TIMEOUT' } },
    message: 'unloaded while some of it still runs',
  })
})

test('without a sink of its own the host logs plugin, signal and subscription', async () => {
  const options = {
    config: { plugins: ['angry'] },
    env: {},
    plugins: [listener('angry', throwing('no'), 'main')],
    logger,
  }
  host = await createHost(options)
  await host.load()
  placed.sendRobust('web', order())

  expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([
    {
      level: 'error',
      fields: {
        err: new Error('no'),
        signal: 'ckanext:receivers_placed',
        plugin: 'angry',
        subscription: 'main',
      },
      message: 'a receiver failed',
    },
  ])
})

test.each([
  ['throws', throwing('sink')],
  ['rejects', () => Promise.reject(new Error('sink'))],
])('a sink that %s loses nothing: both failures are in the log', async (_how, sink: Hear) => {
  await load([listener('angry', throwing('no'))], { onReceiverError: () => sink('', order()) })
  const results = placed.sendRobust('web', order())
  await new Promise((resolve) => setImmediate(resolve))

  expect(results).toMatchObject([{ status: 'rejected' }])
  expect(
    logger.lines
      .filter(({ level }) => level === 'error')
      .map(({ message, fields }) => [message, String(fields['err'])]),
  ).toEqual([
    ['a receiver failed', 'Error: no'],
    ['onReceiverError threw', 'Error: sink'],
  ])
})

test('a failure of a receiver that no plugin asked for has a name and no plugin', async () => {
  await load([])
  using connection = placed.connect(function audit() {
    throw new Error('no')
  })
  placed.sendRobust('web', order())
  expect(connection.connected).toBe(true)
  expect(failures).toMatchObject([{ plugin: undefined, subscription: 'audit' }])
})

test('a listener to connections that throws while a plugin goes leaves none of it behind', async () => {
  const host = await load([
    {
      name: 'two',
      plugin: {
        getSignalSubscriptions: () => new SubscriptionMap().on(placed, () => 1).on(answered, () => 2),
      },
    },
  ])
  using listening = answered.receiverDisconnected.connect(() => {
    throw new Error('not you')
  })
  await host.unload('two')
  expect(listening.connected).toBe(true)
  expect([placed.hasReceivers, answered.hasReceivers]).toEqual([false, false])
  expect(logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
    { fields: { plugin: 'two', err: { code: 'PLUGIN_FAILED' } }, message: 'while unloading' },
  ])
})
