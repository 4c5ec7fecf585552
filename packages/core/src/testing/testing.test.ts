import { afterEach, expect, test } from 'vitest'

import { createHost, signals, SubscriptionMap, type PluginDefinition } from '../index.ts'
import {
  capture,
  leakCheck,
  MemoryLogger,
  MemoryTransactions,
  receiversRaiseOnSend,
  usePlugin,
} from '../testing.ts'

const happened = signals.ckanext.signal<string, { readonly id: number }>('kit_happened')
const user = { user: { id: 'u1', name: 'ada' } }

const listening = (name: string, hear: () => unknown): PluginDefinition => ({
  name,
  plugin: {
    getSignalSubscriptions: () =>
      new SubscriptionMap().on(happened, hear, { id: 'hear' }).on(signals.userCreated, hear, { id: 'user' }),
  },
})

const throwing = (): never => {
  throw new Error('no')
}

afterEach(() => {
  expect(happened.hasReceivers).toBe(false)
})

test('capture records sends before any other receiver hears them, until it is disposed', () => {
  const order: string[] = []
  using first = happened.connect(() => order.push(`sends: ${captured.sends.length}`), { priority: 1_000_000 })
  using captured = capture(happened)
  happened.send('web', { id: 1 })
  happened.notify('pos', { id: 2 })
  captured[Symbol.dispose]()
  happened.send('web', { id: 3 })

  expect(captured.sends).toEqual([
    { sender: 'web', payload: { id: 1 } },
    { sender: 'pos', payload: { id: 2 } },
  ])
  expect(order).toEqual(['sends: 1', 'sends: 2', 'sends: 2'])
  expect(first.connected).toBe(true)
})

test('usePlugin loads the plugins beside it first, each with its settings, and stops when it cannot', async () => {
  const order: string[] = []
  {
    await using host = await usePlugin(
      listening('one', () => order.push('one')),
      {
        with: [listening('two', () => order.push('two'))],
      },
    )
    happened.send('web', { id: 1 })
    expect(order).toEqual(['two', 'one'])
    expect(host.plugins.map(({ name }) => name)).toEqual(['two', 'one'])
  }
  await expect(usePlugin({ name: 'one', plugin: {} }, { settings: { port: 1 } })).rejects.toMatchObject({
    cause: { code: 'PLUGIN_SETTINGS_INVALID' },
  })
  await using again = await usePlugin({ name: 'one', plugin: {} })
  expect(again.plugins).toHaveLength(1)
})

test('usePlugin takes nothing from the environment of the test', async () => {
  process.env['ALDIS_PLUGINS'] = 'other'
  try {
    await using host = await usePlugin({ name: 'one', plugin: {} })
    expect(host.plugins.map(({ name, state }) => [name, state])).toEqual([['one', 'on']])
  } finally {
    delete process.env['ALDIS_PLUGINS']
  }
})

test('receiversRaiseOnSend lets failures come out of robust sends, of all receivers or of some', async () => {
  const logger = new MemoryLogger()
  await using host = await usePlugin(listening('angry', throwing), { logger })
  expect(host.plugins).toHaveLength(1)
  {
    using raising = receiversRaiseOnSend()
    expect(raising).toBeDefined()
    expect(() => happened.sendRobust('web', { id: 1 })).toThrow('no')
    await expect(happened.sendRobustAsync('web', { id: 1 })).rejects.toThrow('no')
    await expect(signals.userCreated.sendAsync('ada', user)).rejects.toThrow('no')
  }
  {
    using others = receiversRaiseOnSend([() => 0])
    using raising = receiversRaiseOnSend([throwing])
    expect([others, raising]).toHaveLength(2)
    expect(() => happened.sendRobust('web', { id: 1 })).toThrow('no')
  }
  {
    using others = receiversRaiseOnSend([() => 0])
    expect(others).toBeDefined()
    expect(happened.sendRobust('web', { id: 1 })).toMatchObject([{ status: 'rejected' }])
  }
  expect(happened.sendRobust('web', { id: 1 })).toMatchObject([{ status: 'rejected' }])
  expect(logger.lines.filter(({ message }) => message === 'a receiver failed')).toHaveLength(2)
})

test('where nobody waits for a receiver, its failure goes to the sink although failures are raised', async () => {
  const logger = new MemoryLogger()
  await using host = await usePlugin(listening('angry', throwing), { logger })
  using raising = receiversRaiseOnSend()
  expect([host.plugins.length, raising]).toHaveLength(2)
  expect(signals.userCreated.send('ada', user)).toEqual([])
  await host.stop()
  expect(logger.lines.map(({ message }) => message)).toContain('a receiver failed')
})

test('leakCheck tells what is connected that was not, also when it looks like what was', () => {
  const make = (): (() => void) => () => undefined
  using before = happened.connect(make())
  const check = leakCheck()
  check[Symbol.dispose]()

  const leaking = leakCheck()
  const connections = [
    happened.connect(make()),
    happened.connect(make(), { sender: 'web', dispatchUid: 'shop:main' }),
  ]
  expect(() => leaking[Symbol.dispose]()).toThrow(
    expect.objectContaining({
      code: 'RECEIVER_LEAK',
      leaks: ['ckanext:kit_happened anonymous', 'ckanext:kit_happened shop:main'],
    }),
  )
  for (const connection of connections) connection.disconnect()
  leaking[Symbol.dispose]()
  expect(before.connected).toBe(true)
})

test('leakCheck sees the subscriptions of a host that was not stopped', async () => {
  const leaking = leakCheck()
  const plugins = [listening('one', () => 0)]
  const host = await createHost({
    config: { plugins: ['one'] },
    env: {},
    plugins,
    logger: new MemoryLogger(),
  })
  await host.load()
  expect(() => leaking[Symbol.dispose]()).toThrow('ckanext:kit_happened one:hear')
  await host.stop()
  leaking[Symbol.dispose]()
})

test('transactions in memory: last things before the commit, then what follows it, each once and in order', async () => {
  const events: string[] = []
  const transactions = new MemoryTransactions()
  expect(transactions.current()).toBeUndefined()
  const result = await transactions.run(async () => {
    const transaction = transactions.current()
    transaction?.afterCommit(() => void events.push(`after ${transactions.current() === undefined}`))
    transaction?.lastBeforeCommit(() => void events.push(`last ${transactions.current() !== undefined}`))
    await transactions.run(() => {
      transactions.current()?.lastBeforeCommit(() => void events.push('last of a savepoint'))
      return Promise.resolve()
    })
    transaction?.beforeCommit(async () => {
      await Promise.resolve()
      events.push(`before ${transactions.current() !== undefined}`)
      transactions.current()?.afterCommit(() => void events.push('after, late'))
    })
    await Promise.resolve()
    events.push(`body ${transactions.current() === transaction}`)
    return 7
  })
  expect(result).toBe(7)
  expect(events).toEqual([
    'body true',
    'before true',
    'last true',
    'last of a savepoint',
    'after true',
    'after, late',
  ])
})

test('a failure before the commit rolls back; one after it keeps nobody else from running', async () => {
  const events: string[] = []
  const transactions = new MemoryTransactions()
  await expect(
    transactions.run(async () => {
      transactions.current()?.beforeCommit(throwing)
      transactions.current()?.afterCommit(() => void events.push('never'))
    }),
  ).rejects.toThrow('no')
  expect(events).toEqual([])

  await expect(
    transactions.run(async () => {
      transactions.current()?.afterCommit(throwing)
      transactions.current()?.afterCommit(() => void events.push('still'))
    }),
  ).rejects.toThrow('no')
  expect(events).toEqual(['still'])
})
