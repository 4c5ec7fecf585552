/**
 * blinker's own test cases, B01 to B27, in its order. Where a decision of ours changes a case, a comment says
 * how. Those that need garbage collection are in signals-collection.test.ts.
 */
import {
  ANY,
  namespace,
  type AnySignal,
  type ReceiverConnected,
  type ReceiverDisconnected,
  type Signal,
} from '@aldis/signals'
import { describe, expect, test, vi } from 'vitest'

let made = 0

function newSignal<S = unknown, P = unknown>(): Signal<S, P> {
  return namespace('blinker').signal<S, P>(`signal_${made++}`)
}

/** A receiver that records the senders it heard. */
function recorder() {
  const heard: unknown[] = []
  return { heard, receive: (sender: unknown): void => void heard.push(sender) }
}

/** Records what the two meta-signals of `signal` tell. */
function observe(signal: AnySignal) {
  type Event = ['connected' | 'disconnected', AnySignal, ReceiverConnected | ReceiverDisconnected]
  const events: Event[] = []
  signal.receiverConnected.connect((sender, fact) => void events.push(['connected', sender, fact]))
  signal.receiverDisconnected.connect((sender, fact) => void events.push(['disconnected', sender, fact]))
  return events
}

describe('temporary connections', () => {
  test('last as long as the body (B01)', () => {
    const signal = newSignal()
    const { heard, receive } = recorder()

    signal.send(1, {})
    signal.connectedTo(receive, {}, () => signal.send(2, {}))
    signal.send(3, {})

    expect(heard).toEqual([2])
    expect(signal.hasReceivers).toBe(false)
  })

  test('can be for one sender (B02)', () => {
    const signal = newSignal()
    const { heard, receive } = recorder()

    signal.connectedTo(receive, { sender: 2 }, () => {
      signal.send(1, {})
      signal.send(2, {})
    })

    expect(heard).toEqual([2])
    expect(signal.hasReceivers).toBe(false)
  })

  test.each([
    ['an Error', new Error('body')],
    ['what is no Error', 'body'],
  ])('end when the body throws %s, which comes out unchanged (B03)', (_what, thrown: unknown) => {
    const signal = newSignal()
    const { heard, receive } = recorder()
    const body = (): void => {
      signal.send(2, {})
      throw thrown
    }

    signal.send(1, {})
    let caught: unknown
    try {
      signal.connectedTo(receive, {}, body)
    } catch (error) {
      caught = error
    }

    expect(caught).toBe(thrown)
    expect(heard).toEqual([2])
    expect(signal.hasReceivers).toBe(false)
  })
})

describe('meta-signals', () => {
  test('have receivers only once someone connects, and tell nothing of that (B04)', () => {
    const signal = newSignal()
    expect(signal.receiverConnected.hasReceivers).toBe(false)
    expect(signal.receiverDisconnected.hasReceivers).toBe(false)

    const events = observe(signal)

    expect(signal.receiverConnected.hasReceivers).toBe(true)
    expect(signal.receiverDisconnected.hasReceivers).toBe(true)
    expect(events).toEqual([])
  })

  test.each([
    ['any sender', ANY],
    ['one sender', 'squiznart'],
  ])('tell of connects and disconnects for %s (B05, B06)', (_what, sender) => {
    const signal = newSignal()
    const events = observe(signal)
    const [first, second] = [(): number => 1, (): number => 2]

    signal.connect(first, { sender, weak: true })
    expect(events.at(-1)).toEqual(['connected', signal, { receiver: first, sender, weak: true }])
    signal.connect(second, { sender, weak: false })
    expect(events.at(-1)).toEqual(['connected', signal, { receiver: second, sender, weak: false }])

    signal.disconnect(first, { sender })
    expect(events.at(-1)).toEqual(['disconnected', signal, { receiver: first, sender }])
    signal.disconnect(second)
    expect(events.at(-1)).toEqual(['disconnected', signal, { receiver: second, sender: ANY }])
    expect(events).toHaveLength(4)
  })

  // blinker tells of every call; here nothing ended, so nothing is told.
  test('tell nothing of a disconnect that finds nobody (B06, changed)', () => {
    const signal = newSignal()
    const events = observe(signal)

    expect(signal.disconnect(() => {})).toBe(false)

    expect(events).toEqual([])
  })
})

// blinker keeps empty buckets until they are cleaned up, and its `receivers` stays truthy; ours are pruned at once.
test('nothing is left of a sender whose last receiver is disconnected (B10, changed)', () => {
  const signal = newSignal()
  const [first, second] = [(): void => {}, (): void => {}]
  signal.connect(first, { sender: 'a' })
  signal.connect(second, { sender: 'a' })
  expect(signal.receiversFor('a')).toEqual([first, second])

  signal.disconnect(first, { sender: 'a' })
  expect(signal.receiversFor('a')).toEqual([second])
  expect(signal.hasReceivers).toBe(true)

  signal.disconnect(second, { sender: 'a' })
  expect(signal.receiversFor('a')).toEqual([])
  expect(signal.hasReceiversFor('a')).toBe(false)
  expect(signal.hasReceivers).toBe(false)
})

describe('sync and async receivers', () => {
  // blinker needs wrappers to mix them, and calls the sync ones before it raises; ours mix, and nobody is called.
  test('mix in sendAsync, and make send throw before anyone is called (B14, changed)', async () => {
    const signal = newSignal()
    const called: string[] = []
    signal.connect(() => void called.push('sync'))
    signal.connect(async () => {
      await Promise.resolve()
      called.push('async')
    })

    await signal.sendAsync(undefined, {})
    expect(called).toEqual(['sync', 'async'])

    expect(() => signal.send(undefined, {})).toThrow(
      expect.objectContaining({ code: 'ASYNC_RECEIVER', signal: String(signal) }),
    )
    expect(called).toEqual(['sync', 'async'])
  })
})

describe('sender filters', () => {
  test('limit a receiver to one sender until it is disconnected (B16)', () => {
    const signal = newSignal()
    const { heard, receive } = recorder()

    signal.connect(receive, { sender: 123 })
    signal.send(undefined, {})
    expect(heard).toEqual([])
    signal.send(123, {})
    expect(heard).toEqual([123])
    signal.send(undefined, {})
    expect(heard).toEqual([123])

    signal.disconnect(receive, { sender: 123 })
    signal.send(123, {})
    expect(heard).toEqual([123])

    signal.connect(receive, { sender: 123 })
    signal.send(123, {})
    expect(heard).toEqual([123, 123])

    signal.disconnect(receive)
    signal.send(123, {})
    expect(heard).toEqual([123, 123])
  })

  test('connectVia connects for one sender and returns the receiver (B18)', () => {
    const signal = newSignal()
    const { heard, receive } = recorder()
    const sender = {}

    expect(signal.connectVia(sender)(receive)).toBe(receive)

    signal.send(undefined, {})
    signal.send(1, {})
    expect(heard).toEqual([])
    signal.send(sender, {})
    expect(heard).toEqual([sender])
    expect(signal.hasReceivers).toBe(true)
  })

  test('beside a connection of the same receiver for any sender make one call (B19)', () => {
    const signal = newSignal()
    const { heard, receive } = recorder()
    signal.connect(receive, { sender: 123 })
    signal.connect(receive)

    signal.send(undefined, {})
    expect(heard).toEqual([undefined])
    signal.send(123, {})
    expect(heard).toEqual([undefined, 123])
    signal.send(undefined, {})
    expect(heard).toEqual([undefined, 123, undefined])
  })

  test('are what hasReceiversFor answers by (B20)', () => {
    const signal = newSignal()
    expect(signal.hasReceiversFor(undefined)).toBe(false)
    expect(signal.hasReceiversFor(ANY)).toBe(false)

    signal.connect(() => {}, { sender: 'xyz' })
    expect(signal.hasReceiversFor(undefined)).toBe(false)
    expect(signal.hasReceiversFor(ANY)).toBe(false)
    expect(signal.hasReceiversFor('xyz')).toBe(true)

    const sender = {}
    signal.connect(() => {}, { sender })
    expect(signal.hasReceiversFor(sender)).toBe(true)
    expect(signal.hasReceiversFor({})).toBe(false)
  })

  test('compare senders by value (B25)', () => {
    const signal = newSignal()
    const { heard, receive } = recorder()
    signal.connect(receive, { sender: 123456789 })

    signal.send(123456789, {})
    signal.send(Number.parseInt('123456789', 10), {})

    expect(heard).toHaveLength(2)
  })
})

describe('namespaces', () => {
  test('make each signal once (B11)', () => {
    const shop = namespace('blinker_shop')
    expect(shop.size).toBe(0)
    expect([...shop]).toEqual([])

    const abc = shop.signal('abc')

    expect(shop.signal('abc')).toBe(abc)
    expect(shop.signal('def')).not.toBe(abc)
    expect(shop.has('abc')).toBe(true)
    expect(shop.has('ghi')).toBe(false)
    expect(shop.size).toBe(2)
  })

  test('keep the doc of a declaration (B22)', () => {
    expect(namespace('blinker').declare('documented', { doc: 'x' }).doc).toBe('x')
    expect(newSignal().doc).toBeUndefined()
  })

  test('are in the name of a signal when it is printed (B23)', () => {
    const signal = namespace('blinker').signal('squiznart')

    expect(String(signal)).toBe('blinker:squiznart')
    expect(signal.name).toBe('squiznart')
    expect(signal.namespace).toBe('blinker')
  })
})

test('muted signals reach nobody (B24)', () => {
  const signal = newSignal()
  const { heard, receive } = recorder()
  signal.connect(receive)

  signal.send(123, {})
  signal.muted(() => {
    signal.send(456, {})
    expect(signal.hasReceivers).toBe(true)
    expect(signal.hasReceiversFor(456)).toBe(true)
  })

  expect(heard).toEqual([123])
})

// blinker has a class of its own for this; a registered symbol does the same.
test('ANY is a symbol of its name, the same one everywhere (B26, B27, changed)', () => {
  expect(ANY).toBe(Symbol.for('aldis.ANY'))
  expect(ANY).not.toBe(Symbol.for('aldis.OTHER'))
  expect(ANY.description).toBe('aldis.ANY')
})

describe('beyond the cases of blinker', () => {
  test('a duplicate connect makes one call', () => {
    const signal = newSignal()
    const { heard, receive } = recorder()
    signal.connect(receive)
    signal.connect(receive)

    signal.send(1, {})

    expect(heard).toEqual([1])
  })

  test.each([[0], [-0], [false], [''], [Number.NaN], [null], [undefined], [0n]])(
    '%o is a sender like any other',
    (sender) => {
      const signal = newSignal()
      const { heard, receive } = recorder()
      signal.connect(receive, { sender })

      for (const other of [0, false, '', Number.NaN, null, undefined, 0n, 1, true, '0', ANY]) {
        signal.send(other, {})
      }

      // SameValueZero, as in a Map: -0 is 0, NaN is NaN.
      expect(heard).toEqual([Object.is(sender, -0) ? 0 : sender])
    },
  )

  test('nested mutes end one by one', () => {
    const signal = newSignal()
    const { heard, receive } = recorder()
    signal.connect(receive)

    signal.muted(() => {
      signal.muted(() => signal.send(1, {}))
      signal.send(2, {})
    })
    signal.send(3, {})

    expect(heard).toEqual([3])
  })

  test('connectedTo leaves a connection that was there before', () => {
    const signal = newSignal()
    const { heard, receive } = recorder()
    signal.connect(receive)

    signal.connectedTo(receive, {}, () => signal.send(1, {}))
    signal.send(2, {})

    expect(heard).toEqual([1, 2])
  })

  test('a disconnect for the sender during its dispatch is honoured', () => {
    const signal = newSignal()
    const { heard, receive } = recorder()
    signal.connect(() => signal.disconnect(receive, { sender: 'x' }))
    signal.connect(receive, { sender: 'x' })

    signal.send('x', {})

    expect(heard).toEqual([])
    expect(signal.hasReceiversFor('x')).toBe(true)
    expect(signal.receiversFor('x')).not.toContain(receive)
  })

  test('the order is that of the connects, whoever they are for', () => {
    const signal = newSignal<string>()
    const called: string[] = []
    signal.connect(() => void called.push('a'), { sender: 'x' })
    signal.connect(() => void called.push('b'))
    signal.connect(() => void called.push('c'), { sender: 'x' })

    signal.send('x', {})

    expect(called).toEqual(['a', 'b', 'c'])
  })

  test('weak is per connection, not per receiver', () => {
    const signal = newSignal()
    const events = observe(signal)
    const receive = vi.fn()

    signal.connect(receive, { sender: 'x' })
    signal.connect(receive, { sender: 'y', weak: true })

    expect(events.map(([, , fact]) => fact)).toEqual([
      { receiver: receive, sender: 'x', weak: false },
      { receiver: receive, sender: 'y', weak: true },
    ])
  })
})
