import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { ANY, namespace, type Namespace, type NamespaceEvents } from './index.ts'

let made = 0

function newNamespace(): Namespace {
  return namespace(`namespace_${made++}`)
}

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown.')
}

test('a namespace is one object to all who ask for it', () => {
  expect(namespace('one')).toBe(namespace('one'))
  expect(namespace('one')).not.toBe(namespace('other'))
  expect(namespace('one').name).toBe('one')
})

describe('declare', () => {
  test('keeps what the owner says, and where it was said', () => {
    const payload = z.object({ id: z.string() })
    const shop = newNamespace()

    const signal = shop.declare('order_placed', { doc: 'Placed.', senders: ['web', 'pos'], payload })

    expect(shop.signal('order_placed')).toBe(signal)
    expect(signal.declaration).toMatchObject({
      doc: 'Placed.',
      senders: ['web', 'pos'],
      payload,
      delivery: 'inline',
      declaredAt: expect.stringMatching(/namespace\.test\.ts:\d+$/),
    })
  })

  test('is the signal that a subscriber asked for before', () => {
    const shop = newNamespace()
    const asked = shop.signal('order_placed')
    expect(asked.declaration).toBeUndefined()
    const receive = vi.fn()
    asked.connect(receive)

    shop.declare('order_placed', { doc: 'Placed.' }).send('web', {})

    expect(asked.doc).toBe('Placed.')
    expect(receive).toHaveBeenCalledOnce()
  })

  test('again with the same is the same signal', () => {
    const shop = newNamespace()
    const payload = z.object({})
    const declare = () => shop.declare('order_placed', { doc: 'Placed.', senders: ['web', 'pos'], payload })

    expect(declare()).toBe(declare())
  })

  test.each([
    ['doc', { doc: 'Other.' }],
    ['senders', { doc: 'Placed.', senders: ['web', 'pos'] }],
    ['senders', { doc: 'Placed.', senders: ['pos'] }],
    ['doc', { senders: ['web'] }],
    ['payload', { doc: 'Placed.', senders: ['web'], payload: z.object({}) }],
    ['delivery', { doc: 'Placed.', senders: ['web'], delivery: 'commit' }],
    ['alias', { doc: 'Placed.', senders: ['web'], alias: 'placed' }],
    ['deprecated', { doc: 'Placed.', senders: ['web'], deprecated: 'Gone.' }],
  ])('again with another %s is an error that tells both places', (field, options) => {
    const shop = newNamespace()
    const first = shop.declare('order_placed', { doc: 'Placed.', senders: ['web'] })

    const error = thrownBy(() => shop.declare('order_placed', options))

    expect(error).toMatchObject({
      name: 'SignalRedeclaredError',
      code: 'SIGNAL_REDECLARED',
      signal: String(first),
      field,
    })
    expect(String(error).match(/namespace\.test\.ts:\d+/g)).toHaveLength(2)
    expect(first.declaration).toMatchObject({ doc: 'Placed.', senders: ['web'] })
    expect(shop.size).toBe(1)
  })

  test('again with senders that only look the same is an error', () => {
    const shop = newNamespace()
    shop.declare('numbered', { senders: [1] })

    expect(thrownBy(() => shop.declare('numbered', { senders: ['1'] }))).toMatchObject({ field: 'senders' })
  })

  test.each([[''], [' '], ['order placed'], ['order:placed'], ['order\u0007'], [undefined], [5]])(
    'of a signal called %o is an error',
    (name) => {
      const shop = newNamespace()
      const asks: ((name: never) => unknown)[] = [
        (asked) => shop.declare(asked),
        (asked) => shop.signal(asked),
        namespace,
      ]
      for (const ask of asks) {
        expect(thrownBy(() => Reflect.apply(ask, undefined, [name]))).toMatchObject({
          name: 'InvalidNameError',
          code: 'SIGNAL_NAME_INVALID',
          signal: String(name),
        })
      }
      expect(shop.size).toBe(0)
    },
  )
})

describe('an alias', () => {
  test('is another name of the signal', () => {
    const shop = newNamespace()
    const signal = shop.declare('order_placed', { alias: 'orderPlaced' })

    expect(shop.signal('orderPlaced')).toBe(signal)
    expect(shop.has('orderPlaced')).toBe(true)
    expect(shop.size).toBe(1)
    expect([...shop]).toEqual([signal])
  })

  test('asked for before its declaration is the signal declared then', () => {
    const shop = newNamespace()
    const asked = shop.signal('orderPlaced')
    const receive = vi.fn()
    asked.connect(receive)

    const signal = shop.declare('order_placed', { alias: 'orderPlaced' })
    signal.send('web', {})

    expect(signal).toBe(asked)
    expect(String(asked)).toBe(`${shop.name}:order_placed`)
    expect(shop.signal('order_placed')).toBe(asked)
    expect(receive).toHaveBeenCalledOnce()
    expect(shop.size).toBe(1)
  })

  test('that is another signal is an error, and changes nothing', () => {
    const shop = newNamespace()
    const [name, alias] = [shop.signal('order_placed'), shop.signal('orderPlaced')]
    const declared = shop.declare('declared')

    for (const taken of ['orderPlaced', 'declared']) {
      expect(thrownBy(() => shop.declare('order_placed', { alias: taken }))).toMatchObject({
        name: 'AliasTakenError',
        code: 'SIGNAL_ALIAS_TAKEN',
        signal: `${shop.name}:order_placed`,
        alias: taken,
      })
    }
    expect(thrownBy(() => shop.declare('new', { alias: 'declared' }))).toMatchObject({ alias: 'declared' })

    expect([...shop]).toEqual([name, alias, declared])
    expect(name.declaration).toBeUndefined()
    expect(String(alias)).toBe(`${shop.name}:orderPlaced`)
  })

  test('cannot be declared as a signal of its own', () => {
    const shop = newNamespace()
    shop.declare('order_placed', { alias: 'orderPlaced' })

    expect(thrownBy(() => shop.declare('orderPlaced', { alias: 'orderPlaced' }))).toMatchObject({
      code: 'SIGNAL_ALIAS_TAKEN',
    })
  })
})

describe('events', () => {
  test('tell of declarations, connections and sends', async () => {
    const shop = newNamespace()
    const events: [keyof NamespaceEvents, unknown][] = []
    shop.events.on('*', (type, event) => void events.push([type, event]))

    const signal = shop.declare<'web' | 'pos', { n: number }>('order_placed')
    const receive = (): void => {}
    signal.connect(receive, { sender: 'web' })
    signal.send('web', { n: 1 })
    signal.notify('pos', { n: 2 })
    await signal.sendRobustAsync('web', { n: 3 })
    signal.disconnect(receive)

    const durationMs = expect.any(Number)
    expect(events).toEqual([
      ['declared', { signal }],
      ['connected', { signal, receiver: receive, sender: 'web', weak: false }],
      ['sent', { signal, method: 'send', sender: 'web', payload: { n: 1 }, receivers: 1, durationMs }],
      ['sent', { signal, method: 'notify', sender: 'pos', payload: { n: 2 }, receivers: 0, durationMs }],
      [
        'sent',
        { signal, method: 'sendRobustAsync', sender: 'web', payload: { n: 3 }, receivers: 1, durationMs },
      ],
      ['disconnected', { signal, receiver: receive, sender: ANY }],
    ])
  })

  test('tell what a send threw, or rejected with', async () => {
    const shop = newNamespace()
    const errors: unknown[] = []
    shop.events.on('sent', ({ error }) => void errors.push(error))
    const signal = shop.signal('failing')
    const reason: unknown = 'reason'
    signal.connect(() => {
      throw reason
    })

    expect(() => signal.send(1, {})).toThrow('reason')
    await expect(signal.sendAsync(1, {})).rejects.toBe('reason')
    signal.sendRobust(1, {})

    expect(errors).toEqual(['reason', 'reason', undefined])
  })

  test.each(['sent', '*'])('of the type %s are told as soon as someone watches, and no longer', (type) => {
    const shop = newNamespace()
    const turn = (how: 'on' | 'off'): void => {
      const { [how]: onOrOff } = shop.events
      Reflect.apply(onOrOff, shop.events, [type, watch])
    }
    const signals = [shop.signal('a'), shop.signal('b')]
    for (const signal of signals) signal.connect(() => {})
    for (const signal of signals) signal.connect(() => {}, { sender: 'x' })
    const watch = vi.fn()
    const sendAll = (): void => {
      for (const signal of shop) {
        for (const sender of ['x', 'y']) {
          const send: unknown = Reflect.get(signal, 'send')
          if (typeof send === 'function') Reflect.apply(send, signal, [sender, {}])
        }
      }
    }
    sendAll()
    sendAll()
    expect(watch).not.toHaveBeenCalled()

    for (let round = 0; round < 2; round++) {
      turn('on')
      sendAll()
      expect(watch).toHaveBeenCalledTimes(4)
      turn('off')
      sendAll()
      expect(watch).toHaveBeenCalledTimes(4)
      watch.mockClear()
    }

    turn('on')
    shop.signal('made_later').send('x', {})
    expect(watch).toHaveBeenCalledOnce()
  })

  test('of a muted signal are not told: nothing is sent', () => {
    const shop = newNamespace()
    const watch = vi.fn()
    shop.events.on('sent', watch)

    shop.signal('quiet').muted(() => shop.signal('quiet').send(1, {}))

    expect(watch).not.toHaveBeenCalled()
  })

  test('are not of the meta-signals', () => {
    const shop = newNamespace()
    const watch = vi.fn()
    const signal = shop.signal('watched')
    signal.receiverConnected.connect(() => {})
    shop.events.on('*', watch)

    signal.receiverConnected.connect(() => {})
    signal.connect(() => {})

    expect(watch.mock.calls.map(([type]) => type)).toEqual(['connected'])
  })

  test('disturb nobody when a watcher throws', () => {
    const shop = newNamespace()
    const reported = vi.spyOn(console, 'error').mockImplementation(() => {})
    const failure = new Error('watcher')
    shop.events.on('*', () => {
      throw failure
    })

    const signal = shop.declare('order_placed')
    signal.connect(() => 1)

    expect(signal.send(1, {}).map(([, value]) => value)).toEqual([1])
    expect(reported.mock.calls).toEqual([[failure], [failure], [failure]])
  })
})
