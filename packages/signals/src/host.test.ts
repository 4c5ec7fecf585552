import { afterEach, describe, expect, test, vi } from 'vitest'

import {
  connectForHost,
  connectionsOf,
  installRuntime,
  namespaces,
  type Dispatch,
  type ReceiverFailure,
  type Runtime,
} from './host.ts'
import { ANY, namespace, type Signal } from './index.ts'

let made = 0

function newSignal<S = unknown, P = unknown>(): Signal<S, P> {
  return namespace('host').signal<S, P>(`signal_${made++}`)
}

/** A runtime that runs what is inline, and records what it is asked. */
class RecordingRuntime implements Runtime {
  readonly dispatches: Dispatch[] = []
  readonly failures: ReceiverFailure[] = []
  #depth = 0

  send<R>(dispatch: Dispatch, inline: () => R): R {
    this.dispatches.push(dispatch)
    return inline()
  }

  async sendAsync<R>(dispatch: Dispatch, inline: () => Promise<R>): Promise<R> {
    this.dispatches.push(dispatch)
    const result = await inline()
    for (const { invoke } of dispatch.deferred) await invoke(dispatch.sender, dispatch.payload)
    return result
  }

  failed(failure: ReceiverFailure): void {
    this.failures.push(failure)
  }

  depth(): number {
    return this.#depth
  }

  /** Never back to less: as if each send were made from inside the one before, wherever that awaits. */
  nest<R>(depth: number, body: () => R): R {
    this.#depth = depth
    return body()
  }
}

let installed: ReturnType<typeof installRuntime>

function install(): RecordingRuntime {
  const runtime = new RecordingRuntime()
  installed = installRuntime(runtime)
  return runtime
}

afterEach(() => {
  installed?.[Symbol.dispose]()
  installed = undefined
})

describe('a runtime', () => {
  test('is one for the process', () => {
    install()
    expect(installRuntime(new RecordingRuntime())).toBeUndefined()

    installed?.[Symbol.dispose]()
    installed?.[Symbol.dispose]()
    install()
    expect(installed).toBeDefined()
  })

  test('is not asked for signals whose connections are all inline', async () => {
    const runtime = install()
    const signal = newSignal()
    signal.connect(() => 1)

    signal.send(1, {})
    signal.notify(1, {})
    signal.sendRobust(1, {})
    await signal.sendAsync(1, {})

    expect(runtime.dispatches).toEqual([])
    expect(runtime.failures).toEqual([])
  })

  test.each(['send', 'sendRobust', 'notify', 'sendAsync', 'sendRobustAsync'] as const)(
    'is given what is not inline of %s',
    async (method) => {
      const runtime = install()
      const signal = newSignal<string, { n: number }>()
      const [inline, later] = [vi.fn(() => 'now'), vi.fn()]
      signal.connect(inline)
      connectForHost(signal, later, {
        delivery: 'commit',
        dispatchUid: 'plugin:id',
        priority: 1,
        sender: 'web',
      })

      const payload = { n: 1 }
      const result = await signal[method]('web', payload)

      expect(inline).toHaveBeenCalledOnce()
      if (method !== 'notify') expect(result).toHaveLength(1)
      expect(runtime.dispatches).toMatchObject([{ signal, method, sender: 'web', payload, options: {} }])
      expect(runtime.dispatches[0]?.deferred).toMatchObject([
        {
          receiver: later,
          sender: 'web',
          dispatchUid: 'plugin:id',
          priority: 1,
          delivery: 'commit',
          weak: false,
          connected: true,
        },
      ])
      expect(later).toHaveBeenCalledTimes(method.endsWith('Async') ? 1 : 0)
    },
  )

  test('is given the options of an asynchronous send', async () => {
    const runtime = install()
    const signal = newSignal()
    connectForHost(signal, () => {}, { delivery: 'commit' })
    const options = { timeoutMs: 5, signal: new AbortController().signal }

    await signal.sendAsync(1, {}, options)

    expect(runtime.dispatches[0]?.options).toBe(options)
  })

  test('may refuse a send before anyone is called', async () => {
    const runtime = install()
    const refusal = new Error('not in a transaction')
    vi.spyOn(runtime, 'send').mockImplementation(() => {
      throw refusal
    })
    vi.spyOn(runtime, 'sendAsync').mockRejectedValue(refusal)
    const signal = newSignal()
    const inline = vi.fn()
    signal.connect(inline)
    connectForHost(signal, () => {}, { delivery: 'durable' })

    expect(() => signal.send(1, {})).toThrow(refusal)
    expect(() => signal.sendRobust(1, {})).toThrow(refusal)
    await expect(signal.sendRobustAsync(1, {})).rejects.toBe(refusal)

    expect(inline).not.toHaveBeenCalled()
  })

  test('is not asked while the signal is muted', () => {
    const runtime = install()
    const signal = newSignal()
    connectForHost(signal, () => {}, { delivery: 'commit' })

    signal.muted(() => signal.send(1, {}))

    expect(runtime.dispatches).toEqual([])
  })

  test('that is missing leaves what is not inline uncalled', () => {
    const signal = newSignal()
    const later = vi.fn()
    connectForHost(signal, later, { delivery: 'commit' })

    expect(signal.send(1, {})).toEqual([])
    expect(later).not.toHaveBeenCalled()
  })

  test('that is an async receiver’s other delivery does not make a send refuse', () => {
    install()
    const signal = newSignal()
    connectForHost(signal, async () => Promise.resolve(), { delivery: 'commit' })

    expect(signal.send(1, {})).toEqual([])
  })

  test('is told of the failures of robust sends, and of promises that nobody awaits', async () => {
    const runtime = install()
    const signal = newSignal()
    const receive = (): Promise<never> => Promise.reject(new Error('reason'))
    signal.connect(receive, { dispatchUid: 'plugin:id' })
    const failure = { signal, receiver: receive, dispatchUid: 'plugin:id', reason: { message: 'reason' } }

    signal.notify(1, {})
    signal.send(1, {})
    signal.sendRobust(1, {})
    await signal.sendRobustAsync(1, {})
    expect(runtime.failures).toMatchObject([failure, failure, failure, failure])

    await expect(signal.sendAsync(1, {})).rejects.toThrow('reason')
    expect(runtime.failures).toHaveLength(4)
  })

  test('that is installed later serves signals that were sent before', () => {
    const signal = newSignal()
    const reason: unknown = 'reason'
    const failing = (): never => {
      throw reason
    }
    signal.connect(failing)
    signal.sendRobust(1, {})
    const runtime = install()

    signal.sendRobust(1, {})

    expect(runtime.failures).toEqual([
      { signal, receiver: failing, dispatchUid: undefined, reason: 'reason' },
    ])
  })

  test('bounds asynchronous recursion by the depth that it keeps', async () => {
    const runtime = install()
    const signal = newSignal()
    let calls = 0
    signal.connect(async () => {
      calls++
      await Promise.resolve()
      await signal.sendAsync(1, {})
    })

    await expect(signal.sendAsync(1, {})).rejects.toMatchObject({ code: 'SEND_RECURSION' })
    expect(calls).toBe(100)
    expect(runtime.depth()).toBe(100)
  })
})

describe('a host’s connection', () => {
  test('calls what it was given in place of the receiver, which everyone is shown', async () => {
    const signal = newSignal()
    const receiver = (): string => 'receiver'
    const invoke = vi.fn(() => 'invoked')
    const connection = connectForHost(signal, receiver, { invoke, sender: 'x' })

    expect(signal.send('x', {})).toEqual([[receiver, 'invoked']])
    expect(await signal.sendAsync('x', {})).toEqual([[receiver, 'invoked']])
    expect(signal.receiversFor('x')).toEqual([receiver])
    expect(invoke).toHaveBeenCalledTimes(2)

    connection.disconnect()
    expect(signal.hasReceivers).toBe(false)
  })

  test('is refused like any other', () => {
    const signal = newSignal()
    const connect = (receiver: unknown, options: object): unknown =>
      Reflect.apply(connectForHost, undefined, [signal, receiver, options])

    expect(() => connect(undefined, {})).toThrow(expect.objectContaining({ code: 'RECEIVER_NOT_A_FUNCTION' }))
    expect(() => connect(() => {}, { weak: 'no' })).toThrow(
      expect.objectContaining({ code: 'CONNECT_OPTION_INVALID' }),
    )
    expect(signal.hasReceivers).toBe(false)
  })
})

describe('connectionsOf', () => {
  test('lists all in call order, and stays true of each', () => {
    const signal = newSignal()
    const [a, b, c] = [(): void => {}, (): void => {}, (): void => {}]
    const sender = {}
    signal.connect(a)
    signal.connect(b, { sender, weak: true })
    connectForHost(signal, c, { delivery: 'commit', priority: 5 })

    const [first, second, third] = connectionsOf(signal)

    expect(connectionsOf(signal)).toHaveLength(3)
    expect(first).toMatchObject({ receiver: c, sender: ANY, delivery: 'commit', priority: 5 })
    expect(second).toMatchObject({ receiver: a, sender: ANY, delivery: 'inline', weak: false })
    expect(third).toMatchObject({ receiver: b, delivery: 'inline', weak: true, connected: true })
    expect(third?.sender).toBe(sender)

    signal.disconnect(b)
    expect(third?.connected).toBe(false)
    expect(connectionsOf(signal)).toHaveLength(2)
  })

  test('gives an invoke that calls the receiver as a send would, and nobody once it is gone', () => {
    const signal = newSignal()
    const thisArg = { name: 'me' }
    const connection = signal.connect(
      function (this: unknown, ...heard: unknown[]) {
        return [this, ...heard]
      },
      { thisArg },
    )
    const [info] = connectionsOf(signal)
    const meta = { signal: new AbortController().signal }

    expect(info?.invoke('x', 1, meta)).toEqual([thisArg, 'x', 1, meta])
    connection.disconnect()
    expect(info?.invoke('x', 1)).toBeUndefined()
  })

  test('takes signals only', () => {
    expect((): unknown => Reflect.apply(connectionsOf, undefined, [{}])).toThrow(TypeError)
  })
})

test('namespaces lists every namespace once, in the order in which they were asked for', () => {
  const [first, second] = [namespace('host_first'), namespace('host_second')]

  const all = namespaces()

  expect(all.filter((one) => one === first)).toHaveLength(1)
  expect(all.indexOf(second)).toBe(all.indexOf(first) + 1)
})
