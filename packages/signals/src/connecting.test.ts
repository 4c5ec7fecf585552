import { describe, expect, test, vi } from 'vitest'

import { ANY, isSignal, namespace, type AnySignal, type Signal } from './index.ts'

let made = 0

function newSignal<S = unknown, P = unknown>(): Signal<S, P> {
  return namespace('connecting').signal<S, P>(`signal_${made++}`)
}

/** The codes and fields that what `act` throws has. */
function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown.')
}

describe('equal connects', () => {
  test('are counted: the receiver is called once, until the last of them is disposed', () => {
    const signal = newSignal()
    const receive = vi.fn()
    const connections = [signal.connect(receive), signal.connect(receive), signal.connect(receive)]

    for (const connection of connections) {
      expect(connection.connected).toBe(true)
      signal.send(1, {})
      expect(receive).toHaveBeenCalledOnce()
      receive.mockClear()
      connection.disconnect()
      expect(connection.connected).toBe(false)
    }

    signal.send(1, {})
    expect(receive).not.toHaveBeenCalled()
    expect(signal.hasReceivers).toBe(false)
  })

  test('are each undone once, however often they are disposed', () => {
    const signal = newSignal()
    const receive = vi.fn()
    const first = signal.connect(receive)
    signal.connect(receive)

    first.disconnect()
    first.disconnect()
    first[Symbol.dispose]()
    signal.send(1, {})

    expect(receive).toHaveBeenCalledOnce()
  })

  test('end together when the receiver is disconnected', () => {
    const signal = newSignal()
    const receive = vi.fn()
    const connections = [signal.connect(receive), signal.connect(receive)]

    expect(signal.disconnect(receive)).toBe(true)
    expect(signal.disconnect(receive)).toBe(false)

    expect(connections.map(({ connected }) => connected)).toEqual([false, false])
  })

  test('of before a disconnect do not end those of after it', () => {
    const signal = newSignal()
    const receive = vi.fn()
    const before = signal.connect(receive)
    signal.disconnect(receive)
    const after = signal.connect(receive)

    before.disconnect()

    expect(after.connected).toBe(true)
    signal.send(1, {})
    expect(receive).toHaveBeenCalledOnce()
  })

  test('keep the first place; a disconnect and a connect move to the end', () => {
    const signal = newSignal()
    const called: string[] = []
    const [a, b] = [(): void => void called.push('a'), (): void => void called.push('b')]
    signal.connect(a)
    signal.connect(b)

    signal.connect(a)
    signal.send(1, {})
    expect(called.splice(0)).toEqual(['a', 'b'])

    signal.disconnect(a)
    signal.connect(a)
    signal.send(1, {})
    expect(called.splice(0)).toEqual(['b', 'a'])
  })

  test('with a dispatchUid keep the first receiver, and the uid ends them', () => {
    const signal = newSignal()
    const [first, second] = [(): number => 1, (): number => 2]
    signal.connect(first, { dispatchUid: 'one' })
    signal.connect(second, { dispatchUid: 'one' })

    expect(signal.send(1, {})).toEqual([[first, 1]])
    expect(signal.disconnect(first)).toBe(false)
    expect(signal.disconnect({ dispatchUid: 'one' })).toBe(true)
    expect(signal.hasReceivers).toBe(false)
  })

  test('are told apart by their thisArg', () => {
    const signal = newSignal()
    const seen: unknown[] = []
    function receive(this: unknown): void {
      seen.push(this)
    }
    const [first, second] = [{ first: true }, { second: true }]
    signal.connect(receive)
    signal.connect(receive, { thisArg: first })
    signal.connect(receive, { thisArg: second })
    signal.connect(receive, { thisArg: second })

    signal.send(1, {})
    expect(seen.splice(0)).toEqual([undefined, first, second])

    signal.disconnect(receive, { thisArg: second })
    signal.send(1, {})
    expect(seen.splice(0)).toEqual([undefined, first])

    signal.disconnect(receive)
    signal.send(1, {})
    expect(seen).toEqual([])
  })

  test('may have a class as their thisArg', () => {
    class Shop {
      static orders = 0
      static count(this: typeof Shop): void {
        this.orders++
      }
    }
    const signal = newSignal()
    signal.connect(Shop.count, { thisArg: Shop })

    signal.send(1, {})

    expect(Shop.orders).toBe(1)
  })

  test.each([
    ['text that looks like a key', '1', '"1'],
    ['texts that join to the same', '1 "a', 'a'],
  ])('are not mixed up by %s', (_what, one, other) => {
    const signal = newSignal()
    const called: string[] = []
    signal.connect(() => void called.push('receiver'))
    signal.connect(() => void called.push('one'), { dispatchUid: one })
    signal.connect(() => void called.push('other'), { dispatchUid: other })
    signal.connect(() => void called.push('bound'), { dispatchUid: other, thisArg: {} })

    signal.send(1, {})

    expect(called).toEqual(['receiver', 'one', 'other', 'bound'])
  })
})

describe('order', () => {
  test('is by priority, then by connect, across all senders', () => {
    const signal = newSignal<string>()
    const called: string[] = []
    const connect = (name: string, options: { sender?: string; priority?: number }): void =>
      void signal.connect(() => void called.push(name), options)
    connect('low', { priority: -1 })
    connect('x', { sender: 'x' })
    connect('any', {})
    connect('high x', { sender: 'x', priority: 2 })
    connect('high', { priority: 2 })
    connect('highest', { priority: Infinity })

    signal.send('x', {})

    expect(called).toEqual(['highest', 'high x', 'high', 'x', 'any', 'low'])
  })

  test('is that of receiversFor and of the results', () => {
    const signal = newSignal()
    const [a, b, c] = [(): string => 'a', (): string => 'b', (): string => 'c']
    signal.connect(a)
    signal.connect(b, { priority: 1 })
    signal.connect(c, { sender: 'x' })

    expect(signal.receiversFor('x')).toEqual([b, a, c])
    expect(signal.receiversFor(ANY)).toEqual([b, a])
    expect(signal.send('x', {})).toEqual([
      [b, 'b'],
      [a, 'a'],
      [c, 'c'],
    ])
  })
})

describe('the sender option', () => {
  test('counts by its presence: undefined is a sender, ANY is none', () => {
    const signal = newSignal()
    const [some, all] = [vi.fn(), vi.fn()]
    signal.connect(some, { sender: undefined })
    signal.connect(all, { sender: ANY })

    signal.send(1, {})
    expect(some).not.toHaveBeenCalled()
    signal.send(undefined, {})

    expect(some).toHaveBeenCalledOnce()
    expect(all).toHaveBeenCalledTimes(2)
  })

  test('of a disconnect limits it to that sender; ANY and none mean all', () => {
    const signal = newSignal()
    const receive = vi.fn()
    const connectAll = (): void => {
      signal.connect(receive)
      signal.connect(receive, { sender: 'x' })
      signal.connect(receive, { sender: {} })
    }

    connectAll()
    expect(signal.disconnect(receive, { sender: 'y' })).toBe(false)
    expect(signal.disconnect(receive, { sender: 'x' })).toBe(true)
    expect(signal.hasReceiversFor('x')).toBe(true)
    expect(signal.disconnect(receive, { sender: ANY })).toBe(true)
    expect(signal.hasReceivers).toBe(false)

    connectAll()
    expect(signal.disconnect(receive)).toBe(true)
    expect(signal.hasReceivers).toBe(false)
  })
})

describe('an AbortSignal', () => {
  test('disconnects when it is aborted', () => {
    const signal = newSignal()
    const abort = new AbortController()
    const connection = signal.connect(() => {}, { signal: abort.signal })

    abort.abort()

    expect(connection.connected).toBe(false)
    expect(signal.hasReceivers).toBe(false)
  })

  test('that is aborted already connects nothing, and tells nobody', () => {
    const signal = newSignal()
    const told = vi.fn()
    signal.receiverConnected.connect(told)

    const connection = signal.connect(() => {}, { signal: AbortSignal.abort() })
    connection.disconnect()

    expect(connection.connected).toBe(false)
    expect(signal.hasReceivers).toBe(false)
    expect(told).not.toHaveBeenCalled()
  })

  test('ends its own connect alone', () => {
    const signal = newSignal()
    const receive = vi.fn()
    const abort = new AbortController()
    signal.connect(receive)
    signal.connect(receive, { signal: abort.signal })

    abort.abort()
    signal.send(1, {})

    expect(receive).toHaveBeenCalledOnce()
  })
})

describe('connectedTo', () => {
  test('without a body returns a connection to dispose', () => {
    const signal = newSignal()
    const receive = vi.fn()
    {
      using connection = signal.connectedTo(receive, { sender: 'x' })
      expect(connection.connected).toBe(true)
      signal.send('x', {})
    }
    signal.send('x', {})

    expect(receive).toHaveBeenCalledOnce()
  })

  test('with an async body lasts until that settles, and returns what it returns', async () => {
    const signal = newSignal()
    const receive = vi.fn()

    const result = await signal.connectedTo(receive, {}, async () => {
      await Promise.resolve()
      signal.send(1, {})
      return 'done'
    })
    expect(result).toBe('done')
    expect(signal.hasReceivers).toBe(false)

    const failure = new Error('body')
    await expect(signal.connectedTo(receive, {}, () => Promise.reject(failure))).rejects.toBe(failure)
    expect(signal.hasReceivers).toBe(false)
    expect(receive).toHaveBeenCalledOnce()
  })
})

describe('a connect that is refused', () => {
  test.each([[undefined], [null], ['receive'], [{ receive() {} }]])(
    'for %o as its receiver leaves nothing behind',
    (receiver) => {
      const signal: AnySignal = newSignal()
      const connect: unknown = Reflect.get(signal, 'connect')
      if (typeof connect !== 'function') throw new Error('A signal can connect.')

      expect(thrownBy(() => Reflect.apply(connect, signal, [receiver]))).toMatchObject({
        name: 'InvalidReceiverError',
        code: 'RECEIVER_NOT_A_FUNCTION',
        signal: String(signal),
      })
      expect(signal.hasReceivers).toBe(false)
    },
  )

  test.each([
    ['priority', '1', 'number'],
    ['priority', null, 'number'],
    ['weak', 'yes', 'boolean'],
    ['dispatchUid', 1, 'string'],
    ['thisArg', 'me', 'object'],
    ['signal', 'abort', 'object'],
    ['prority', 1, 'undefined'],
  ])('for the option %s being %o says so', (option, value, expected) => {
    const signal = newSignal()

    const error = thrownBy(() => signal.connect(() => {}, { [option]: value }))

    expect(error).toMatchObject({ name: 'InvalidOptionError', code: 'CONNECT_OPTION_INVALID', option })
    expect(String(error)).toContain(`"${option}" to be ${expected}`)
    expect(signal.hasReceivers).toBe(false)
  })

  test('by an observer of receiverConnected is undone', () => {
    const signal = newSignal()
    const [vetoed, ended] = [new Error('not this one'), vi.fn()]
    signal.receiverDisconnected.connect(ended)
    const veto = signal.receiverConnected.connect(() => {
      throw vetoed
    })
    const receive = vi.fn()

    expect(thrownBy(() => signal.connect(receive))).toBe(vetoed)
    expect(signal.hasReceivers).toBe(false)
    expect(ended).toHaveBeenCalledOnce()

    veto.disconnect()
    signal.connect(receive)
    signal.send(1, {})
    expect(receive).toHaveBeenCalledOnce()
  })

  test('of a disconnect that names neither receiver nor uid is an error too', () => {
    const signal: AnySignal = newSignal()
    for (const nothing of [undefined, null, {}, 5]) {
      const disconnect = (): unknown => Reflect.apply(signal.disconnect.bind(signal), undefined, [nothing])
      expect(thrownBy(disconnect)).toMatchObject({ code: 'RECEIVER_NOT_A_FUNCTION' })
    }
  })
})

test('connectVia takes the other options too', () => {
  const signal = newSignal()
  const called: string[] = []
  signal.connect(() => void called.push('first'))
  signal.connectVia('x', { priority: 1 })(() => void called.push('via'))

  signal.send('x', {})

  expect(called).toEqual(['via', 'first'])
})

test('isSignal knows signals by their brand', () => {
  expect(isSignal(newSignal())).toBe(true)
  expect(isSignal(newSignal().receiverConnected)).toBe(true)
  for (const other of [undefined, null, 'shop:order', {}, () => {}]) expect(isSignal(other)).toBe(false)
})
