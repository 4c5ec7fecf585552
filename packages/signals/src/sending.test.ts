import { describe, expect, test, vi } from 'vitest'

import { namespace, type Meta, type Receiver, type Signal } from './index.ts'

let made = 0

function newSignal<S = unknown, P = unknown>(): Signal<S, P> {
  return namespace('sending').signal<S, P>(`signal_${made++}`)
}

function throwing(reason: unknown): () => never {
  return () => {
    throw reason
  }
}

const sends = ['send', 'sendRobust', 'notify'] as const
const asyncSends = ['sendAsync', 'sendRobustAsync'] as const

describe('send', () => {
  test('gives everyone the sender and the one payload, and returns what each returned', () => {
    const signal = newSignal<string, { n: number }>()
    const [first, second] = [vi.fn(() => 1), vi.fn()]
    signal.connect(first)
    signal.connect(second)
    const payload = { n: 1 }

    expect(signal.send('me', payload)).toEqual([
      [first, 1],
      [second, undefined],
    ])
    expect(first.mock.calls).toEqual([['me', payload]])
    expect(second.mock.calls[0]?.[1]).toBe(payload)
  })

  test('lets out what a receiver throws, unchanged, and calls nobody after it', () => {
    const signal = newSignal()
    const after = vi.fn()
    signal.connect(throwing('reason'))
    signal.connect(after)

    let thrown: unknown
    try {
      signal.send(1, {})
    } catch (error) {
      thrown = error
    }

    expect(thrown).toBe('reason')
    expect(after).not.toHaveBeenCalled()
  })

  test('returns nothing when nobody is connected', () => {
    const signal = newSignal()

    expect(signal.send(1, {})).toEqual([])
    expect(signal.sendRobust(1, {})).toEqual([])
    expect(signal.notify(1, {})).toBeUndefined()
  })

  test('keeps a receiver that disconnects itself in the results', () => {
    const signal = newSignal()
    const once = (): string => {
      signal.disconnect(once)
      return 'once'
    }
    signal.connect(once)

    expect(signal.send(1, {})).toEqual([[once, 'once']])
    expect(signal.send(1, {})).toEqual([])
  })
})

describe('sendRobust', () => {
  test('calls everyone and returns what became of each', () => {
    const signal = newSignal()
    const [good, bad, after] = [(): number => 1, throwing('reason'), (): number => 2]
    for (const receiver of [good, bad, after]) signal.connect(receiver)

    expect(signal.sendRobust(1, {})).toEqual([
      { receiver: good, status: 'fulfilled', value: 1 },
      { receiver: bad, status: 'rejected', reason: 'reason' },
      { receiver: after, status: 'fulfilled', value: 2 },
    ])
  })
})

describe('sendRobustAsync', () => {
  test('waits for everyone and returns what became of each', async () => {
    const signal = newSignal()
    const receivers = [
      async (): Promise<number> => Promise.resolve(1),
      throwing('thrown'),
      async (): Promise<never> => Promise.reject(new Error('rejected')),
      (): number => 2,
    ]
    for (const receiver of receivers) signal.connect(receiver)

    const results = await signal.sendRobustAsync(1, {})

    expect(results.map(({ receiver }) => receiver)).toEqual(receivers)
    expect(results).toMatchObject([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: 'thrown' },
      { status: 'rejected', reason: { message: 'rejected' } },
      { status: 'fulfilled', value: 2 },
    ])
  })
})

describe('sendAsync', () => {
  test('calls one receiver after another', async () => {
    const signal = newSignal()
    const steps: string[] = []
    for (const name of ['a', 'b']) {
      signal.connect(async () => {
        steps.push(`${name} starts`)
        await Promise.resolve()
        await Promise.resolve()
        steps.push(`${name} ends`)
        return name
      })
    }

    const results = await signal.sendAsync(1, {})

    expect(steps).toEqual(['a starts', 'a ends', 'b starts', 'b ends'])
    expect(results.map(([, value]) => value)).toEqual(['a', 'b'])
  })

  test('rejects with what a receiver rejects with, unchanged, and calls nobody after it', async () => {
    const signal = newSignal()
    const after = vi.fn()
    signal.connect(() => Promise.reject(new Error('reason')))
    signal.connect(after)

    await expect(signal.sendAsync(1, {})).rejects.toThrow('reason')
    expect(after).not.toHaveBeenCalled()
  })

  test('gives receivers a signal, which is never aborted when nothing limits them', async () => {
    const signal = newSignal()
    const metas: (Meta | undefined)[] = []
    signal.connect((_sender, _payload, meta) => void metas.push(meta))

    await signal.sendAsync(1, {})
    signal.send(1, {})

    expect(metas[0]?.signal).toBeInstanceOf(AbortSignal)
    expect(metas[0]?.signal.aborted).toBe(false)
    expect(metas[1]).toBeUndefined()
  })

  test('sees a disconnect that happens while it waits, and no connect', async () => {
    const signal = newSignal()
    const [late, gone] = [vi.fn(), vi.fn()]
    signal.connect(async () => {
      await Promise.resolve()
      signal.disconnect(gone)
      signal.connect(late)
    })
    signal.connect(gone)

    await signal.sendAsync(1, {})

    expect(gone).not.toHaveBeenCalled()
    expect(late).not.toHaveBeenCalled()
  })

  describe('with a time limit', () => {
    test('gives up a receiver that takes longer, and tells it', async () => {
      vi.useFakeTimers()
      try {
        const signal = newSignal()
        const aborted = vi.fn()
        const slow: Receiver = (_sender, _payload, meta) => {
          meta?.signal.addEventListener('abort', aborted)
          return new Promise(() => {})
        }
        signal.connect(slow)

        const sending = signal.sendAsync(1, {}, { timeoutMs: 50 })
        const rejected = sending.catch((error: unknown) => error)
        await vi.advanceTimersByTimeAsync(49)
        expect(aborted).not.toHaveBeenCalled()
        await vi.advanceTimersByTimeAsync(1)

        expect(await rejected).toMatchObject({
          name: 'ReceiverTimeoutError',
          code: 'RECEIVER_TIMEOUT',
          signal: String(signal),
          receiver: 'slow',
          timeoutMs: 50,
        })
        expect(aborted).toHaveBeenCalledOnce()
      } finally {
        vi.useRealTimers()
      }
    })

    test('counts anew for each receiver, and ignores what comes late', async () => {
      vi.useFakeTimers()
      try {
        const signal = newSignal()
        const wait = (ms: number) => () =>
          new Promise((resolve, reject) => {
            setTimeout(ms > 50 ? reject : resolve, ms, ms)
          })
        for (const ms of [40, 80, 30]) signal.connect(wait(ms))

        const sending = signal.sendRobustAsync(1, {}, { timeoutMs: 50 })
        await vi.advanceTimersByTimeAsync(40 + 50 + 30)

        expect(await sending).toMatchObject([
          { status: 'fulfilled', value: 40 },
          { status: 'rejected', reason: { code: 'RECEIVER_TIMEOUT' } },
          { status: 'fulfilled', value: 30 },
        ])
        expect(vi.getTimerCount()).toBe(0)
      } finally {
        vi.useRealTimers()
      }
    })

    test.each([[Infinity], [2 ** 40]])('of %d ms is one that no timer can keep: none', async (timeoutMs) => {
      const signal = newSignal()
      signal.connect(() => new Promise((resolve) => setImmediate(resolve, 'done')))

      const results = await signal.sendAsync(1, {}, { timeoutMs })

      expect(results.map(([, value]) => value)).toEqual(['done'])
    })
  })

  describe('with an AbortSignal', () => {
    test('gives up the running receiver, and calls nobody after it', async () => {
      const signal = newSignal()
      const abort = new AbortController()
      const [told, after] = [vi.fn(), vi.fn()]
      signal.connect((_sender, _payload, meta) => {
        meta?.signal.addEventListener('abort', told)
        setImmediate(() => abort.abort('enough'))
        return new Promise(() => {})
      })
      signal.connect(after)

      await expect(signal.sendAsync(1, {}, { signal: abort.signal })).rejects.toBe('enough')

      expect(told).toHaveBeenCalledOnce()
      expect(after).not.toHaveBeenCalled()
    })

    test('that is aborted before calls nobody', async () => {
      const signal = newSignal()
      const receive = vi.fn()
      signal.connect(receive)

      await expect(signal.sendAsync(1, {}, { signal: AbortSignal.abort('early') })).rejects.toBe('early')
      expect(await signal.sendRobustAsync(1, {}, { signal: AbortSignal.abort('early') })).toEqual([
        { receiver: receive, status: 'rejected', reason: 'early' },
      ])
      expect(receive).not.toHaveBeenCalled()
    })
  })
})

describe('async receivers', () => {
  async function wait(): Promise<void> {
    await Promise.resolve()
  }

  test.each(sends)('make %s refuse before anyone is called', (method) => {
    const signal = newSignal()
    const before = vi.fn()
    signal.connect(before)
    signal.connect(wait)

    expect(() => signal[method](1, {})).toThrow(
      expect.objectContaining({
        name: 'AsyncReceiverError',
        code: 'ASYNC_RECEIVER',
        receiver: 'wait',
        message: expect.stringContaining(`${method}()`),
      }),
    )
    expect(before).not.toHaveBeenCalled()
  })

  test.each(sends)('that are bound make %s refuse too', (method) => {
    const signal = newSignal()
    signal.connect(wait, { thisArg: {} })
    signal.connect(wait.bind({}))

    expect(() => signal[method](1, {})).toThrow(expect.objectContaining({ code: 'ASYNC_RECEIVER' }))
  })

  test('for another sender, or disconnected, are in nobody’s way', () => {
    const signal = newSignal()
    const connection = signal.connect(wait)
    signal.connect(wait, { sender: 'x' })
    connection.disconnect()

    expect(signal.send('y', {})).toEqual([])
    expect(() => signal.send('x', {})).toThrow(expect.objectContaining({ code: 'ASYNC_RECEIVER' }))
  })

  test.each(sends)('that are not written as such never make an unhandled rejection of %s', async (method) => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      const signal = newSignal()
      signal.connect(() => Promise.reject(new Error('nobody waits')))

      signal[method](1, {})
      await new Promise((resolve) => setImmediate(resolve))

      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
    }
  })

  test('that are not written as such have their promise as the value of send', async () => {
    const signal = newSignal()
    signal.connect(() => Promise.resolve(5))

    const [pair] = signal.send(1, {})

    expect(pair?.[1]).toBeInstanceOf(Promise)
    expect(await pair?.[1]).toBe(5)
  })
})

describe('changes during a dispatch', () => {
  test.each([...sends, ...asyncSends])('are seen by %s where they end a connection alone', async (method) => {
    const signal = newSignal()
    const called: string[] = []
    const added = (): void => void called.push('added')
    const removed = (): void => void called.push('removed')
    const handle = signal.connect(
      () => {
        called.push('first')
        signal.disconnect(removed)
        inner.disconnect()
        signal.connect(added)
      },
      { priority: 1 },
    )
    signal.connect(removed)
    const inner = signal.connect(() => void called.push('inner'), { sender: 'x' })
    signal.connect(() => void called.push('last'))

    await signal[method]('x', {})
    expect(called.splice(0)).toEqual(['first', 'last'])

    handle.disconnect()
    await signal[method]('x', {})
    expect(called).toEqual(['last', 'added'])
  })

  test('of its mutes leave a running dispatch alone', () => {
    const signal = newSignal()
    const after = vi.fn()
    signal.connect(() => void signal.muted())
    signal.connect(after)

    signal.send(1, {})

    expect(after).toHaveBeenCalledOnce()
  })

  test('are not needed for sends inside sends', () => {
    const signal = newSignal<number>()
    const heard: number[] = []
    signal.connect((depth) => {
      heard.push(depth)
      if (depth < 3) signal.send(depth + 1, {})
    })
    signal.connect((depth) => void heard.push(-depth))

    signal.send(1, {})

    expect(heard).toEqual([1, 2, 3, -3, -2, -1])
  })
})

describe('isHeard', () => {
  test.each([...sends, ...asyncSends])(
    'is false once %s found nobody, until someone comes',
    async (method) => {
      const signal = newSignal()
      expect(signal.isHeard).toBe(true)
      await signal[method](1, {})
      await signal[method](1, {})
      signal.notify(1, {})
      expect(signal.isHeard).toBe(false)

      const connection = signal.connect(() => {}, { sender: 'x' })
      expect(signal.isHeard).toBe(true)
      await signal[method](1, {})
      signal.notify(1, {})
      expect(signal.isHeard).toBe(true)

      connection.disconnect()
      signal.notify(1, {})
      signal.notify(1, {})
      expect(signal.isHeard).toBe(false)
    },
  )

  test('is true while someone watches the namespace', () => {
    const signal = newSignal()
    const watch = vi.fn()
    for (let i = 0; i < 3; i++) signal.notify(1, {})
    expect(signal.isHeard).toBe(false)

    namespace('sending').events.on('sent', watch)
    for (let i = 0; i < 3; i++) signal.notify(1, {})
    expect(signal.isHeard).toBe(true)
    expect(watch).toHaveBeenCalledTimes(3)

    namespace('sending').events.off('sent', watch)
    for (let i = 0; i < 3; i++) signal.notify(1, {})
    expect(signal.isHeard).toBe(false)
  })

  test('is true after a mute, which says nothing of who listens', () => {
    const signal = newSignal()
    for (let i = 0; i < 3; i++) signal.notify(1, {})

    signal.muted(() => signal.notify(1, {}))

    expect(signal.isHeard).toBe(true)
  })
})

describe('muted', () => {
  test.each([...sends, ...asyncSends])('keeps %s from reaching anyone', async (method) => {
    const signal = newSignal()
    const receive = vi.fn()
    signal.connect(receive)
    await signal[method](1, {})
    receive.mockClear()

    const muted = signal.muted()
    const result = await signal[method](1, {})
    muted[Symbol.dispose]()
    muted[Symbol.dispose]()

    expect(result).toEqual(method === 'notify' ? undefined : [])
    expect(receive).not.toHaveBeenCalled()
    expect(signal.hasReceiversFor(1)).toBe(true)
    await signal[method](1, {})
    expect(receive).toHaveBeenCalledOnce()
  })

  test('lasts until the promise of its body settles, and returns that', async () => {
    const signal = newSignal()
    const receive = vi.fn()
    signal.connect(receive)

    const muting = signal.muted(async () => {
      await Promise.resolve()
      signal.send(1, {})
      return 'done'
    })
    signal.send(2, {})
    expect(await muting).toBe('done')
    expect(receive).not.toHaveBeenCalled()

    expect(() => signal.muted(throwing('body'))).toThrow('body')
    signal.send(3, {})
    expect(receive).toHaveBeenCalledOnce()
  })

  test('sends to async receivers are not refused', () => {
    const signal = newSignal()
    signal.connect(async () => Promise.resolve())

    expect(signal.muted(() => signal.send(1, {}))).toEqual([])
  })
})

describe('recursion without end', () => {
  test.each(['send', 'notify'] as const)('ends %s with an error', (method) => {
    const signal = newSignal()
    let calls = 0
    signal.connect(() => {
      calls++
      signal[method](1, {})
    })

    expect(() => signal[method](1, {})).toThrow(
      expect.objectContaining({
        name: 'RecursionError',
        code: 'SEND_RECURSION',
        signal: String(signal),
      }),
    )
    expect(calls).toBe(100)
  })

  test('through two signals ends too', () => {
    const [a, b] = [newSignal(), newSignal()]
    a.connect(() => b.send(1, {}))
    b.connect(() => a.send(1, {}))

    expect(() => a.send(1, {})).toThrow(expect.objectContaining({ code: 'SEND_RECURSION' }))
  })

  test('in several receivers of robust sends ends where it began, and soon', () => {
    const signal = newSignal()
    let calls = 0
    const again = () => (): void => {
      calls++
      signal.sendRobust(1, {})
    }
    for (let i = 0; i < 3; i++) signal.connect(again())

    expect(signal.sendRobust(1, {})).toMatchObject(
      Array.from({ length: 3 }, () => ({ status: 'rejected', reason: { code: 'SEND_RECURSION' } })),
    )
    expect(calls).toBe(300)
  })

  test('before the first await of an async receiver ends with an error', async () => {
    const signal = newSignal()
    signal.connect(async () => {
      await signal.sendAsync(1, {})
    })

    await expect(signal.sendAsync(1, {})).rejects.toMatchObject({ code: 'SEND_RECURSION' })
  })

  test('that ended leaves the signal usable', () => {
    const signal = newSignal<boolean>()
    const receive = vi.fn()
    signal.connect((again) => again && signal.send(again, {}))
    signal.connect(receive)
    expect(() => signal.send(true, {})).toThrow('without end')

    signal.send(false, {})

    expect(receive).toHaveBeenCalledOnce()
  })
})
