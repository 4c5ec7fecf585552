/**
 * What signals hold, and what they let go. Needs `--expose-gc`, which test/vitest.config.ts gives.
 *
 * A WeakRef keeps its target until the running turn ends, so every collection begins with a new one.
 */
import { ANY, namespace, type Connection, type Signal } from '@aldis/signals'
import { connectionsOf } from '@aldis/signals/host'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'

let made = 0

function newSignal<S = unknown, P = unknown>(): Signal<S, P> {
  return namespace('collection').signal<S, P>(`signal_${made++}`)
}

/** Collect what nobody holds, and let the engine tell those who asked to be told. */
async function collectGarbage(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('Run Node with --expose-gc.')
  for (let round = 0; round < 3; round++) {
    await setImmediate()
    globalThis.gc()
  }
  await setImmediate()
}

/** Whether nobody is left at `signal`, not even as something to skip. */
function isForgotten(signal: Signal): boolean {
  for (let i = 0; i < 3; i++) signal.notify(undefined, {})
  return !signal.isHeard
}

/** Whether what `make` returns is collected once nobody else holds it. */
async function isCollected(make: () => object): Promise<boolean> {
  const ref = new WeakRef(make())
  await collectGarbage()
  return ref.deref() === undefined
}

/** Connects a new function weakly; nobody else holds it after the call. */
function connectWeakly(signal: Signal, heard: unknown[], sender: unknown = ANY): object {
  const receive = (from: unknown): void => void heard.push(from)
  signal.connect(receive, { weak: true, sender })
  return receive
}

describe('receivers held weakly', () => {
  test('are told of when they are disconnected, like any other (B07)', () => {
    const signal = newSignal()
    const events: unknown[] = []
    signal.receiverConnected.connect((_signal, { receiver }) => void events.push(receiver))
    signal.receiverDisconnected.connect((_signal, { receiver }) => void events.push(receiver))
    const receive = (): void => {}

    signal.connect(receive, { weak: true })
    signal.disconnect(receive)

    expect(events).toEqual([receive, receive])
  })

  test('are not told of when they are collected (B08)', async () => {
    const signal = newSignal()
    const events: string[] = []
    signal.receiverConnected.connect(() => void events.push('connected'))
    signal.receiverDisconnected.connect(() => void events.push('disconnected'))

    connectWeakly(signal, [])
    expect(events).toEqual(['connected'])
    await collectGarbage()
    signal.send('abc', {})

    expect(events).toEqual(['connected'])
  })

  test('are gone without a trace once they are collected (B12)', async () => {
    const signal = newSignal()
    const heard: unknown[] = []

    expect(await isCollected(() => connectWeakly(signal, heard))).toBe(true)
    expect(signal.send(undefined, {})).toEqual([])

    expect(heard).toEqual([])
    expect(signal.hasReceivers).toBe(false)
    expect(connectionsOf(signal)).toEqual([])
    expect(isForgotten(signal)).toBe(true)
  })

  test('are called while someone holds them', async () => {
    const signal = newSignal()
    const heard: unknown[] = []
    const held = connectWeakly(signal, heard)

    await collectGarbage()
    signal.send(1, {})

    expect(heard).toEqual([1])
    expect(signal.receiversFor(1)).toEqual([held])
  })

  test('leave the answers for their sender as if they had never been (B21)', async () => {
    const signal = newSignal()
    const sender = {}
    connectWeakly(signal, [], 'xyz')
    connectWeakly(signal, [], sender)
    await collectGarbage()

    expect(signal.hasReceiversFor('xyz')).toBe(false)
    expect(signal.receiversFor('xyz')).toEqual([])
    expect(signal.receiversFor(sender)).toEqual([])

    signal.connect(() => {})
    for (const asked of ['xyz', sender, undefined, ANY]) expect(signal.hasReceiversFor(asked)).toBe(true)
  })

  test('with a thisArg live as long as it does (B15)', async () => {
    class Counter {
      static heard = 0
      count(): void {
        Counter.heard++
      }
    }
    const signal = newSignal()
    const connect = (): Counter => {
      const counter = new Counter()
      signal.connect(counter.count, { thisArg: counter, weak: true })
      signal.send(undefined, {})
      return counter
    }

    expect(await isCollected(connect)).toBe(true)
    signal.send(undefined, {})

    expect(Counter.heard).toBe(1)
    expect(isForgotten(signal)).toBe(true)
    expect(signal.hasReceivers).toBe(false)
    expect(connectionsOf(signal)).toEqual([])
  })

  test('are held as long as one of their connections is strong', async () => {
    const signal = newSignal()
    const heard: unknown[] = []
    const connect = () => {
      const receive = (from: unknown): void => void heard.push(from)
      const strong = signal.connect(receive)
      signal.connect(receive, { weak: true })
      return { strong, ref: new WeakRef(receive) }
    }
    const { strong, ref } = connect()

    await collectGarbage()
    signal.send(1, {})
    expect(heard).toEqual([1])

    strong.disconnect()
    signal.send(2, {})
    expect(heard).toEqual([1, 2])

    await collectGarbage()
    expect(ref.deref()).toBeUndefined()
    signal.send(3, {})
    expect(heard).toEqual([1, 2])
    expect(signal.hasReceivers).toBe(false)
  })

  test('become held when a strong connection comes', async () => {
    const signal = newSignal()
    const heard: unknown[] = []
    const connect = (): void => {
      const receive = (from: unknown): void => void heard.push(from)
      signal.connect(receive, { weak: true })
      signal.connect(receive)
    }
    connect()

    await collectGarbage()
    signal.send(1, {})

    expect(heard).toEqual([1])
  })

  test('leave their dispatchUid to the next', async () => {
    const signal = newSignal()
    const connect = (): object => {
      const receive = (): void => {}
      signal.connect(receive, { dispatchUid: 'one', weak: true })
      return receive
    }

    expect(await isCollected(connect)).toBe(true)
    const next = (): string => 'next'
    const connection = signal.connect(next, { dispatchUid: 'one' })

    expect(signal.send(undefined, {})).toEqual([[next, 'next']])
    expect(connection.connected).toBe(true)
  })

  test('and collected make their handle say that they are gone, and ending it tells nobody', async () => {
    const signal = newSignal()
    const ended: unknown[] = []
    signal.receiverDisconnected.connect((_signal, fact) => void ended.push(fact))
    const connection = signal.connect(() => {}, { weak: true })
    expect(connection.connected).toBe(true)

    await collectGarbage()
    expect(connection.connected).toBe(false)
    connection.disconnect()

    expect(ended).toEqual([])
  })
})

describe('between a collection and its finalizers', () => {
  /** Connects weakly with a uid, and collects the receiver; finalizers run in later turns. */
  async function connectAndCollect(signal: Signal): Promise<Connection> {
    const connection = signal.connect(() => 'collected', { dispatchUid: 'one', weak: true })
    await setImmediate()
    globalThis.gc?.()
    return connection
  }

  test('a collected receiver is not there any more', async () => {
    const signal = newSignal()
    const ended: unknown[] = []
    signal.receiverDisconnected.connect((_signal, fact) => void ended.push(fact))
    const connection = await connectAndCollect(signal)

    expect(connection.connected).toBe(false)
    expect(signal.hasReceivers).toBe(false)
    expect(signal.hasReceiversFor(1)).toBe(false)
    expect(signal.send(1, {})).toEqual([])
    expect(connectionsOf(signal)).toEqual([])
    expect(signal.disconnect({ dispatchUid: 'one' })).toBe(false)
    connection.disconnect()

    expect(ended).toEqual([])
  })

  test('the next of the same dispatchUid takes the place, and keeps it', async () => {
    const signal = newSignal()
    const old = await connectAndCollect(signal)
    const next = (): string => 'next'
    const connection = signal.connect(next, { dispatchUid: 'one' })
    expect(signal.send(1, {})).toEqual([[next, 'next']])

    old.disconnect()
    await collectGarbage()

    expect(connection.connected).toBe(true)
    expect(signal.send(1, {})).toEqual([[next, 'next']])
  })
})

test('connecting to one sender again and again leaves nothing', async () => {
  const signal = newSignal()
  const sender = {}
  const receive = (): void => {}
  const connectOften = (): void => {
    for (let i = 0; i < 50_000; i++) signal.connect(receive, { sender, weak: true }).disconnect()
  }
  connectOften()
  await collectGarbage()
  const before = process.memoryUsage().heapUsed

  connectOften()
  await collectGarbage()

  // One number for each connect would be more.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000 * 8)
})

describe('receivers held strongly', () => {
  test('stay when nobody else holds them (B13)', async () => {
    const signal = newSignal()
    const heard: unknown[] = []
    const connect = (): void => void signal.connect((from) => void heard.push(from))
    connect()

    await collectGarbage()
    signal.send(1, {})

    expect(heard).toEqual([1])
    expect(signal.receiversFor(1)).toHaveLength(1)
  })

  test('are let go by a disconnect', async () => {
    const signal = newSignal()
    const connect = (): object => {
      const receive = (): void => {}
      signal.connect(receive)
      signal.send(1, {})
      signal.disconnect(receive)
      signal.send(1, {})
      return receive
    }

    expect(await isCollected(connect)).toBe(true)
  })

  test('of connectVia stay when nobody else holds them (B18)', async () => {
    const signal = newSignal()
    const sender = {}
    const connect = (): void => void signal.connectVia(sender)(() => {})
    connect()

    await collectGarbage()

    expect(signal.hasReceivers).toBe(true)
    expect(signal.hasReceiversFor(sender)).toBe(true)
  })
})

describe('senders', () => {
  // In blinker the receiver stays counted, so that its signal seems to have receivers; here nothing is left.
  test('that are objects are not kept alive, and their receivers go with them (B17, changed)', async () => {
    const signal = newSignal()
    const heard: unknown[] = []
    const connect = (): object => {
      const sender = {}
      signal.connect((from) => void heard.push(typeof from), { sender })
      signal.send(sender, {})
      return sender
    }

    expect(await isCollected(connect)).toBe(true)

    expect(heard).toEqual(['object'])
    expect(isForgotten(signal)).toBe(true)
    expect(signal.hasReceivers).toBe(false)
    expect(connectionsOf(signal)).toEqual([])
  })

  test('that are collected are not told of (B09)', async () => {
    const signal = newSignal()
    const events: string[] = []
    signal.receiverConnected.connect(() => void events.push('connected'))
    signal.receiverDisconnected.connect(() => void events.push('disconnected'))
    const [kept, receive] = [{}, (): void => {}]
    signal.connect(receive, { sender: kept })
    signal.disconnect(receive, { sender: kept })
    expect(events.splice(0)).toEqual(['connected', 'disconnected'])

    const connect = (): object => {
      const sender = {}
      signal.connect(() => {}, { sender })
      return sender
    }
    expect(await isCollected(connect)).toBe(true)
    signal.send('abc', {})

    expect(events).toEqual(['connected'])
  })

  test.each([
    ['a receiver that refers to them', {}],
    ['a thisArg that refers to them', { bound: true }],
  ])('are not kept alive by %s', async (_what, { bound = false }: { bound?: boolean }) => {
    const signal = newSignal()
    const connect = (): object => {
      const sender = { name: 'sender' }
      const receive = (): string => sender.name
      signal.connect(receive, { sender, ...(bound && { thisArg: { sender } }) })
      signal.send(sender, {})
      return sender
    }

    expect(await isCollected(connect)).toBe(true)
  })

  test('are not kept alive by handles, abort signals or lists', async () => {
    const signal = newSignal()
    const abort = new AbortController()
    const kept: unknown[] = []
    const connect = (): object => {
      const sender = { name: 'sender' }
      kept.push(signal.connect(() => sender.name, { sender, signal: abort.signal }))
      expect(connectionsOf(signal)).toHaveLength(1)
      return sender
    }

    expect(await isCollected(connect)).toBe(true)
    expect(kept).toMatchObject([{ connected: false }])
    abort.abort()
    expect(signal.hasReceivers).toBe(false)
  })

  test('that are functions or registered nowhere are matched by identity', () => {
    const signal = newSignal()
    const heard: unknown[] = []
    class Model {}
    const token = Symbol('token')
    signal.connect((from) => void heard.push(from), { sender: Model })
    signal.connect((from) => void heard.push(from), { sender: token })

    for (const sender of [Model, class Other {}, token, Symbol('token')]) signal.send(sender, {})

    expect(heard).toEqual([Model, token])
  })
})

test('dropping a signal keeps it in its namespace (B11)', async () => {
  const shop = namespace('collection_shop')
  const ask = (): void => void [shop.signal('abc'), shop.signal('def')]
  ask()

  await collectGarbage()

  expect([...shop].map(({ name }) => name)).toEqual(['abc', 'def'])
})

test('a disposed connection leaves no listener at its abort signal', () => {
  const signal = newSignal()
  const { signal: abort } = new AbortController()
  const listening = new Set<unknown>()
  const counted = new Proxy(abort, {
    get(target, key) {
      if (key === 'addEventListener') return (_type: string, listener: unknown) => listening.add(listener)
      if (key === 'removeEventListener')
        return (_type: string, listener: unknown) => listening.delete(listener)
      const value: unknown = Reflect.get(target, key, target)
      return value
    },
  })

  const connection = signal.connect(() => {}, { signal: counted })
  expect(listening.size).toBe(1)
  connection.disconnect()

  expect(listening.size).toBe(0)
})

test('a send leaves nothing at the abort signal that its caller keeps', async () => {
  const signal = newSignal()
  const seen: WeakRef<AbortSignal>[] = []
  signal.connect((_sender, _payload, meta) => {
    if (meta) seen.push(new WeakRef(meta.signal))
  })
  const caller = new AbortController()

  for (let i = 0; i < 10; i++) await signal.sendAsync(1, {}, { signal: caller.signal })
  await collectGarbage()

  expect(seen.length).toBe(10)
  expect(seen.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(2)
  expect(caller.signal.aborted).toBe(false)
})
