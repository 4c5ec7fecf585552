/**
 * When a receiver runs is its delivery: inline now, commit after the outermost commit and never on rollback.
 */
import { namespace } from '@aldis/signals'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'

import {
  createHost,
  PluginContext,
  silentLogger,
  SubscriptionMap,
  TransactionProvider,
  type Delivery,
  type Host,
  type Injected,
  type PluginDefinition,
  type ReceiverError,
  type SubscriptionOptions,
} from './index.ts'
import { MemoryTransactions } from './testing.ts'

const shop = namespace('commit_test')
const placed = shop.declare<string, { readonly id: number }>('placed', { delivery: 'commit' })
const looked = shop.declare<string, { readonly id: number }>('looked')

let transactions = new MemoryTransactions()
let events: string[] = []
let failures: ReceiverError[] = []
let host: Host | undefined

beforeEach(() => {
  transactions = new MemoryTransactions()
  events = []
  failures = []
})

afterEach(async () => {
  await host?.stop()
  host = undefined
})

/** Runs transactions for the others. */
class Database {
  static readonly inject = [PluginContext] as const
  constructor(...[context]: Injected<typeof Database.inject>) {
    context.provide(TransactionProvider, () => transactions)
  }
}

type Hear = (
  sender: string,
  payload: { readonly id: number },
  meta?: { readonly signal: AbortSignal },
) => unknown

const listener = (name: string, hear: Hear, options: SubscriptionOptions = {}): PluginDefinition => ({
  name,
  plugin: {
    getSignalSubscriptions: () =>
      new SubscriptionMap()
        .on(placed, hear, { id: 'hear', ...options })
        .on(looked, hear, { id: 'look', ...options }),
  },
})

async function load(...plugins: PluginDefinition[]): Promise<Host> {
  const database = { name: 'database', plugin: Database }
  const all = [database, ...plugins]
  host = await createHost({
    config: { plugins: all.map(({ name }) => name) },
    env: {},
    plugins: all,
    loadTimeoutMs: 500,
    logger: silentLogger,
    onReceiverError: (failure) => failures.push(failure),
  })
  await host.load()
  return host
}

const say =
  (name: string): Hear =>
  (_sender, { id }) =>
    void events.push(`${name} ${id}`)

/** What `done` waits for, and how to let it happen. */
function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

test('the declaration names the delivery of subscriptions that name none', async () => {
  const host = await load(
    listener('default', say('default')),
    listener('now', say('now'), { delivery: 'inline' }),
  )
  const shown = host.signals.filter(({ key }) => key.startsWith('commit_test:'))
  expect(shown.map(({ key, receivers }) => [key, receivers.map(({ delivery }) => delivery)])).toEqual([
    ['commit_test:placed', ['commit', 'inline']],
    ['commit_test:looked', ['inline', 'inline']],
  ])
})

test('in a transaction an inline receiver runs at once, a commit receiver after the commit', async () => {
  await load(listener('later', say('later')), listener('now', say('now'), { delivery: 'inline' }))
  await transactions.run(async () => {
    placed.send('web', { id: 1 })
    await placed.sendAsync('web', { id: 2 })
    events.push('end of body')
  })

  expect(events).toEqual(['now 1', 'now 2', 'end of body', 'later 1', 'later 2'])
})

test('a rollback drops what was queued', async () => {
  await load(listener('later', say('later')))
  await expect(
    transactions.run(async () => {
      placed.send('web', { id: 1 })
      await placed.sendAsync('web', { id: 2 })
      throw new Error('rolled back')
    }),
  ).rejects.toThrow('rolled back')
  expect(events).toEqual([])

  await transactions.run(async () => void placed.send('web', { id: 3 }))
  expect(events).toEqual(['later 3'])
})

test('a savepoint that rolls back loses its own sends alone; one that is released waits for the outermost commit', async () => {
  await load(listener('later', say('later')))
  await transactions.run(async () => {
    placed.send('web', { id: 1 })
    await transactions.run(async () => {
      placed.send('web', { id: 2 })
      await transactions.run(async () => void placed.send('web', { id: 3 }))
    })
    const inner = transactions.run(async () => {
      placed.send('web', { id: 4 })
      throw new Error('savepoint')
    })
    await expect(inner).rejects.toThrow('savepoint')
    events.push('end of body')
  })

  expect(events).toEqual(['end of body', 'later 1', 'later 2', 'later 3'])
})

test('two transactions at once do not see each other', async () => {
  await load(listener('later', say('later')))
  const slow = gate()
  const first = transactions.run(async () => {
    placed.send('web', { id: 1 })
    await slow.opened
    throw new Error('rolled back')
  })
  await transactions.run(async () => void placed.send('web', { id: 2 }))
  expect(events).toEqual(['later 2'])
  slow.open()
  await expect(first).rejects.toThrow('rolled back')
  expect(events).toEqual(['later 2'])
})

test('outside of a transaction sendAsync waits for commit receivers, after the inline ones', async () => {
  const slow = gate()
  await load(
    listener('later', async (_sender, { id }) => {
      await slow.opened
      events.push(`later ${id}`)
    }),
    listener('now', say('now'), { delivery: 'inline' }),
  )
  const sending = placed
    .sendAsync('web', { id: 1 })
    .then((results) => events.push(`${results.length} result`))
  expect(events).toEqual(['now 1'])
  slow.open()
  await sending
  expect(events).toEqual(['now 1', 'later 1', '1 result'])
})

test.each(['send', 'sendRobust', 'notify'] as const)(
  'outside of a transaction %s starts commit receivers and does not wait for them',
  async (method) => {
    const slow = gate()
    const finished = gate()
    await load(
      listener('later', async () => {
        events.push('started')
        await slow.opened
        finished.open()
      }),
      listener('now', say('now'), { delivery: 'inline' }),
    )
    placed[method]('web', { id: 1 })
    expect(events).toEqual(['now 1', 'started'])
    slow.open()
    await finished.opened
  },
)

test('commit receivers run one after another in call order: priority, then load order', async () => {
  const slow = gate()
  await load(
    listener('first', async () => {
      events.push('first begins')
      await slow.opened
      events.push('first ends')
    }),
    listener('second', say('second')),
    listener('urgent', say('urgent'), { priority: 5 }),
  )
  const sending = placed.sendAsync('web', { id: 1 })
  await Promise.resolve()
  slow.open()
  await sending
  expect(events).toEqual(['urgent 1', 'first begins', 'first ends', 'second 1'])
})

test('a commit receiver that fails goes to the sink; the transaction resolves and the others run', async () => {
  await load(
    listener('angry', () => {
      throw new Error('no')
    }),
    listener('sad', async () => {
      throw new Error('not later either')
    }),
    listener('calm', say('calm')),
  )
  expect(
    await transactions.run(async () => {
      placed.send('web', { id: 1 })
      return 'committed'
    }),
  ).toBe('committed')

  expect(events).toEqual(['calm 1'])
  expect(failures).toEqual([
    { signal: placed, plugin: 'angry', subscription: 'hear', error: new Error('no') },
    { signal: placed, plugin: 'sad', subscription: 'hear', error: new Error('not later either') },
  ])
})

test('outside of a transaction a failing commit receiver does not reach the sender', async () => {
  await load(
    listener('angry', () => {
      throw new Error('no')
    }),
  )
  expect(await placed.sendAsync('web', { id: 1 })).toEqual([])
  expect(placed.send('web', { id: 2 })).toEqual([])
  await host?.stop()
  expect(failures).toHaveLength(2)
})

test('a commit receiver that takes too long is told so by its signal, and the next one runs (P3)', async () => {
  let told: AbortSignal | undefined
  await load(
    listener(
      'hanging',
      (_sender, _payload, meta) => {
        told = meta?.signal
        return new Promise(() => {})
      },
      { delivery: 'commit', timeoutMs: 20 },
    ),
    listener('calm', say('calm')),
  )
  await transactions.run(async () => void placed.send('web', { id: 1 }))

  expect(events).toEqual(['calm 1'])
  expect(failures).toMatchObject([
    {
      plugin: 'hanging',
      error: { code: 'RECEIVER_TIMEOUT', receiver: 'hanging:hear', timeoutMs: 20 },
    },
  ])
  expect(told?.aborted).toBe(true)
  expect(told?.reason).toBe(failures[0]?.error)
})

test('a sender that waits does not wait longer for a commit receiver than it is willing to', async () => {
  await load(
    listener('hanging', () => new Promise(() => {}), { delivery: 'commit', timeoutMs: 60_000 }),
    listener('calm', say('calm')),
  )
  await placed.sendAsync('web', { id: 1 }, { timeoutMs: 20 })

  expect(events).toEqual(['calm 1'])
  expect(failures).toMatchObject([{ plugin: 'hanging', error: { code: 'RECEIVER_TIMEOUT', timeoutMs: 20 } }])
})

test('a plugin that is unloaded between the send and the commit is not called', async () => {
  const host = await load(listener('later', say('later')), listener('stays', say('stays')))
  await transactions.run(async () => {
    placed.send('web', { id: 1 })
    await host.unload('later')
  })
  expect(events).toEqual(['stays 1'])
})

test('commit receivers can send and begin transactions of their own', async () => {
  await load(
    listener('chain', async (_sender, { id }) => {
      events.push(`chain ${id} ${transactions.current() === undefined}`)
      if (id < 3) await transactions.run(async () => void placed.send('web', { id: id + 1 }))
    }),
  )
  await transactions.run(async () => void placed.send('web', { id: 1 }))
  expect(events).toEqual(['chain 1 true', 'chain 2 true', 'chain 3 true'])
})

test.each([
  ['sendAsync, awaited', (id: number) => placed.sendAsync('web', { id })],
  ['send', (id: number) => placed.send('web', { id })],
  ['send in a transaction', (id: number) => transactions.run(async () => placed.send('web', { id }))],
  [
    'send, a moment later',
    async (id: number) => {
      await Promise.resolve()
      placed.send('web', { id })
    },
  ],
])('commit receivers that send their signal again without end are stopped: %s', async (_how, again) => {
  let calls = 0
  const endless: Hear = (_sender, { id }) => {
    calls++
    return again(id + 1)
  }
  // Two of them: if only the depth were bounded, they would double at every level.
  await load(listener('one', endless), listener('two', endless))
  await transactions.run(async () => void placed.send('web', { id: 0 }))
  while (failures.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await host?.stop()

  expect(failures[0]).toMatchObject({ error: { code: 'SEND_RECURSION' } })
  expect(failures.length).toBeLessThan(10)
  expect(calls).toBeLessThan(50_000)
})

test('what a chain of sends broke is whole again for the next send', async () => {
  let endless = true
  await load(
    listener('loop', async (_sender, { id }) => {
      events.push(`loop ${id}`)
      if (endless) await placed.sendAsync('web', { id })
    }),
  )
  await placed.sendAsync('web', { id: 1 })
  endless = false
  events = []
  await placed.sendAsync('web', { id: 2 })
  expect(events).toEqual(['loop 2'])
})

test('an unknown delivery is told with the package that has it, or with what was probably meant', async () => {
  const wanting = (delivery: string): PluginDefinition => ({
    name: 'wanting',
    plugin: { getSignalSubscriptions: () => [[placed, [{ receiver: say('x'), delivery }]]] },
  })
  await expect(load(wanting('durable'))).rejects.toThrow(
    'no loaded plugin provides the delivery "durable". It comes with @aldis/outbox (the plugin "outbox"): enable that.',
  )
  await host?.stop()
  await expect(load(wanting('comit'))).rejects.toThrow('the delivery "comit". Did you mean "commit"?')
})

/** A delivery that writes down what it wraps, and calls nobody. */
const recording = (name: string): Delivery => ({
  name,
  options: z.strictObject({ shelf: z.string().default('top') }),
  refuse: ({ signal }) => (signal === looked ? `nobody posts "${String(signal)}".` : undefined),
  send(send, inline) {
    events.push(`${name} begins: ${send.subscriptions.map(({ plugin, id }) => `${plugin}.${id}`).join()}`)
    const result = inline()
    events.push(`${name} ends`)
    return result
  },
  async sendAsync(send, inline) {
    events.push(`${name} begins ${send.method}`)
    const result = await inline()
    events.push(`${name} ends`)
    return result
  },
})

const provider = (
  name: string,
  delivery: Delivery,
  more: Partial<PluginDefinition> = {},
): PluginDefinition => ({
  name,
  plugin: { getDeliveries: () => [delivery] },
  ...more,
})

const posted = (name: string, delivery: string): PluginDefinition => ({
  name,
  plugin: { getSignalSubscriptions: () => [[placed, [{ receiver: say(name), id: 'hear', delivery }]]] },
})

test("deliveries of plugins wrap each other and core's, the earlier in the configuration outermost", async () => {
  await load(
    posted('reader', 'by_post'),
    posted('caller', 'by_phone'),
    provider('post', recording('by_post'), { after: ['phone'] }),
    provider('phone', recording('by_phone')),
    listener('later', say('later'), { delivery: 'commit' }),
    listener('now', say('now'), { delivery: 'inline' }),
  )
  placed.send('web', { id: 1 })
  expect(events).toEqual([
    'by_post begins: reader.hear',
    'by_phone begins: caller.hear',
    'now 1',
    'later 1',
    'by_phone ends',
    'by_post ends',
  ])

  events = []
  await placed.sendAsync('web', { id: 2 })
  expect(events.slice(0, 3)).toEqual(['by_post begins sendAsync', 'by_phone begins sendAsync', 'now 2'])
  // A send that reaches none of their subscriptions passes them by.
  events = []
  looked.send('web', { id: 3 })
  expect(events).toEqual(['now 3', 'later 3'])
})

test('a delivery checks the options of its subscriptions, and can refuse one', async () => {
  const wanting = (signal: typeof placed, extra: object): PluginDefinition => ({
    name: 'wanting',
    plugin: {
      getSignalSubscriptions: () => [[signal, [{ receiver: say('x'), delivery: 'by_post', ...extra }]]],
    },
  })
  const post = provider('post', recording('by_post'))
  await expect(load(post, wanting(placed, { shelf: 7 }))).rejects.toThrow('placed[0]: shelf: Invalid input')
  await host?.stop()
  await expect(load(post, wanting(placed, { shlef: 'top' }))).rejects.toThrow(
    '"shlef". Did you mean "shelf"?',
  )
  await host?.stop()
  await expect(load(post, wanting(looked, {}))).rejects.toThrow('nobody posts "commit_test:looked".')
  await host?.stop()
  const loaded = await load(post, wanting(placed, {}))
  expect(loaded.plugins.at(-1)?.subscriptions).toMatchObject([
    { options: { shelf: 'top' }, delivery: 'by_post' },
  ])
})

test('who uses a delivery cannot be without its provider: it loads after it, and goes before it', async () => {
  const host = await load(posted('reader', 'by_post'), provider('post', recording('by_post')))
  expect(host.plugins.map(({ name }) => name)).toEqual(['database', 'post', 'reader'])
  await expect(host.unload('post')).rejects.toMatchObject({ code: 'PLUGIN_REQUIRED', requiredBy: ['reader'] })
  await host.reload('post')
  placed.send('web', { id: 1 })
  expect(events).toEqual(['by_post begins: reader.hear', 'by_post ends'])
})

test('a provider that has to come after who uses its delivery is a circle', async () => {
  const post = provider('post', recording('by_post'), { after: ['reader'] })
  await expect(load(posted('reader', 'by_post'), post)).rejects.toMatchObject({
    phase: 'check',
    cause: { code: 'PLUGIN_CYCLE', path: ['reader', 'post', 'reader'] },
  })
})

test.each(['inline', 'commit', 'by_post'])(
  'a second delivery "%s" is a conflict that names both owners',
  async (name) => {
    const plugins = [provider('post', recording('by_post')), provider('other', recording(name))]
    await expect(load(...plugins)).rejects.toMatchObject({
      phase: 'collect',
      cause: { code: 'PLUGIN_CONFLICT', plugins: [name === 'by_post' ? 'post' : 'core', 'other'] },
    })
  },
)
