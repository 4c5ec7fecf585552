/**
 * What getSignalSubscriptions may return is checked as a whole, before anything of it is connected.
 */
import { ANY, namespace } from '@aldis/signals'
import { afterEach, expect, test } from 'vitest'

import { createHost, signals, SubscriptionMap, type Host } from './index.ts'
import { MemoryLogger } from './testing.ts'

const happened = signals.ckanext.signal('check_happened')
const noted = signals.ckanext.signal('check_noted')

let host: Host | undefined
const logger = new MemoryLogger()

afterEach(async () => {
  await host?.stop()
  host = undefined
})

function noop(): void {
  // Nobody looks at what it does.
}

async function load(returned: () => unknown): Promise<Host> {
  const plugins = [{ name: 'shop', plugin: { getSignalSubscriptions: returned } }]
  host = await createHost({ config: { plugins: ['shop'] }, env: {}, plugins, logger })
  await host.load()
  return host
}

/** What is wrong with `returned`; nothing of it is connected. */
async function problemsOf(returned: () => unknown): Promise<unknown> {
  const error: unknown = await load(returned).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    code: 'PLUGIN_LOAD',
    phase: 'check',
    cause: { code: 'SUBSCRIPTION_INVALID' },
  })
  expect([happened.hasReceivers, noted.hasReceivers]).toEqual([false, false])
  const cause: unknown = Reflect.get(Object(error), 'cause')
  return Reflect.get(Object(cause), 'problems')
}

const entry = (...receivers: unknown[]): (() => unknown) => {
  return () => [[happened, receivers]]
}

const WHERE = 'ckanext:check_happened'

test.each<[unknown, string]>([
  [undefined, 'it must return a SubscriptionMap, or pairs of a signal and its receivers.'],
  [null, 'it must return a SubscriptionMap, or pairs of a signal and its receivers.'],
  [7, 'it must return a SubscriptionMap, or pairs of a signal and its receivers.'],
  [{}, 'it must return a SubscriptionMap, or pairs of a signal and its receivers.'],
  [[happened], 'it must return pairs of a signal and its receivers, not object.'],
  [['text'], 'it must return pairs of a signal and its receivers, not string.'],
  [
    [['request_started', [noop]]],
    `the text "request_started" is not a signal. Ask its namespace for it: signals.ckanext.signal('name').`,
  ],
  [
    [[undefined, [noop]]],
    `undefined is not a signal. Ask its namespace for it: signals.ckanext.signal('name').`,
  ],
  [[[null, [noop]]], `null is not a signal. Ask its namespace for it: signals.ckanext.signal('name').`],
  [
    [[{ send() {} }, [noop]]],
    `object is not a signal. Ask its namespace for it: signals.ckanext.signal('name').`,
  ],
  [[[happened, noop]], `${WHERE}: its receivers must be a list.`],
  [[[happened, { receiver: noop }]], `${WHERE}: its receivers must be a list.`],
  [[[happened]], `${WHERE}: its receivers must be a list.`],
])('%j is refused', async (returned, problem) => {
  expect(await problemsOf(() => returned)).toEqual([problem])
})

test.each<[unknown, string]>([
  ['hear', 'the receiver must be a function, not string.'],
  [undefined, 'the receiver must be a function, not undefined.'],
  [null, 'the receiver must be a function, not null.'],
  [{}, 'the receiver must be a function, not undefined.'],
  [{ receiver: {} }, 'the receiver must be a function, not object.'],
  [{ receiver: noop, id: 'a b' }, 'the id must be text without white space or ":".'],
  [{ receiver: noop, id: 'a:b' }, 'the id must be text without white space or ":".'],
  [{ receiver: noop, id: '' }, 'the id must be text without white space or ":".'],
  [{ receiver: noop, id: 7 }, 'the id must be text without white space or ":".'],
  [{ receiver: noop, priority: 'high' }, 'the priority must be a number.'],
  [{ receiver: noop, priority: Number.NaN }, 'the priority must be a number.'],
  [{ receiver: noop, delivery: 7 }, 'the delivery must be a name, such as "commit".'],
  [
    { receiver: noop, delivery: 'inlin' },
    'no loaded plugin provides the delivery "inlin". Did you mean "inline"?',
  ],
  [{ receiver: noop, sendr: 'web' }, 'unknown option "sendr". Did you mean "sender"?'],
  [{ receiver: noop, weak: false }, 'unknown option "weak".'],
  [{ receiver: noop, timeoutMs: 5 }, 'unknown option "timeoutMs".'],
  [
    { receiver: noop, delivery: 'commit', timeoutM: 5 },
    'unknown option "timeoutM". Did you mean "timeoutMs"?',
  ],
])('a subscription %j is refused', async (subscription, problem) => {
  expect(await problemsOf(entry(noop, subscription))).toEqual([`${WHERE}[1]: ${problem}`])
})

test.each([0, -1, '5', Number.POSITIVE_INFINITY, 2 ** 31])(
  'a commit subscription with timeoutMs %j is refused',
  async (timeoutMs) => {
    const problems = await problemsOf(entry({ receiver: noop, delivery: 'commit', timeoutMs }))
    expect(problems).toEqual([expect.stringMatching(/\[0\]: timeoutMs: /)])
  },
)

test('all problems are told together, each with its place', async () => {
  const problems = await problemsOf(() => [
    [happened, [noop, 'x', { receiver: noop, id: 'main' }]],
    ['typo', [noop]],
    [
      noted,
      [
        { receiver: noop, id: 'main' },
        { receiver: noop, wek: true },
      ],
    ],
  ])
  expect(problems).toEqual([
    expect.stringContaining('the text "typo" is not a signal'),
    'ckanext:check_happened[1]: the receiver must be a function, not string.',
    'ckanext:check_noted[0]: the id "main" is used twice in the plugin.',
    'ckanext:check_noted[1]: unknown option "wek".',
  ])
})

test('all that is wrong with one subscription is told together', async () => {
  const subscription = {
    receiver: 'x',
    id: 'a b',
    priority: 'high',
    delivery: 'commit',
    timeoutM: 5,
    timeoutMs: 0,
  }
  expect(await problemsOf(entry({ ...subscription, wek: true }))).toEqual([
    `${WHERE}[0]: the receiver must be a function, not string.`,
    `${WHERE}[0]: the id must be text without white space or ":".`,
    `${WHERE}[0]: the priority must be a number.`,
    `${WHERE}[0]: unknown option "timeoutM". Did you mean "timeoutMs"?`,
    `${WHERE}[0]: unknown option "wek".`,
    expect.stringMatching(/\[0\]: timeoutMs: /),
  ])
})

test('a promise of subscriptions is refused, and what it rejects with is not left unhandled', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  const problems = await problemsOf(() => Promise.reject(new Error('no')))
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(problems).toEqual(['it must return its subscriptions at once, not a promise of them.'])
  expect(unhandled).toEqual([])
})

test("what throws while it is asked, or while it is read, is told as the plugin's failure", async () => {
  function* broken(): Generator {
    yield [happened, [noop]]
    throw new Error('half way')
  }
  await expect(load(broken)).rejects.toMatchObject({
    phase: 'check',
    cause: { code: 'PLUGIN_FAILED', plugin: 'shop', cause: { message: 'half way' } },
  })
  expect(happened.hasReceivers).toBe(false)
})

test('any iterable of pairs will do: maps, arrays, generators', async () => {
  function* pairs(): Generator {
    yield [happened, new Set([noop])]
    yield [
      happened,
      (function* more(): Generator {
        yield { receiver: noop, sender: 'web' }
      })(),
    ]
  }
  for (const returned of [pairs, () => new Map([[happened, [noop, { receiver: noop, sender: 'web' }]]])]) {
    const loaded = await load(returned)
    expect(loaded.plugins[0]?.subscriptions).toMatchObject([
      { id: 'noop', filtered: false, sender: undefined },
      { id: 'noop_2', filtered: true, sender: 'web' },
    ])
    await loaded.stop()
  }
})

test("an id is the receiver's name, numbered where the plugin has it already; ids that are given come first", async () => {
  const host = await load(() =>
    new SubscriptionMap()
      .on(happened, noop)
      .on(noted, noop)
      .on(noted, noop.bind(null), { sender: 'bound' })
      .on(noted, () => undefined, { sender: 1 })
      .on(noted, () => undefined, { sender: 2 })
      .on(noted, () => undefined, { sender: 3, id: 'noop' })
      .on(noted, { 'two words': () => undefined }['two words'] ?? noop, { sender: 4 }),
  )
  expect(host.plugins[0]?.subscriptions.map(({ id }) => id)).toEqual([
    'noop_2',
    'noop_3',
    'noop_4',
    'anonymous',
    'anonymous_2',
    'noop',
    'two_words',
  ])
})

test('a sender filter is there when the key is, whatever its value; ANY is none', async () => {
  const calls: unknown[] = []
  const hear = (sender: unknown): void => void calls.push(sender)
  const map = (): SubscriptionMap => {
    const filters = new SubscriptionMap()
    for (const sender of [undefined, null, 0, '', false, Number.NaN]) filters.on(happened, hear, { sender })
    return filters
  }
  await load(map)
  for (const sender of [undefined, null, 0, '', false, Number.NaN, 'other', 1]) happened.send(sender, 0)
  expect(calls).toEqual([undefined, null, 0, '', false, Number.NaN])
  await host?.stop()

  const any = await load(entry({ receiver: hear, sender: ANY }))
  expect(any.plugins[0]?.subscriptions).toMatchObject([{ filtered: false }])
  happened.send('whoever', 0)
  expect(calls.at(-1)).toBe('whoever')
})

test('priority decides across plugins, higher first', async () => {
  const calls: number[] = []
  await load(() =>
    new SubscriptionMap()
      .on(happened, () => calls.push(0))
      .on(happened, () => calls.push(-1), { priority: -1 })
      .on(happened, () => calls.push(9), { priority: 9 }),
  )
  happened.send('x', 0)
  expect(calls).toEqual([9, 0, -1])
})

test('who subscribes to a deprecated signal is told why not, in the log', async () => {
  const old = namespace('check_test').declare('old', { deprecated: 'Use "new".' })
  await load(() => new SubscriptionMap().on(old, noop))
  expect(logger.lines).toContainEqual({
    level: 'warn',
    fields: { plugin: 'shop', signal: 'check_test:old', deprecated: 'Use "new".' },
    message: 'subscribes to a deprecated signal',
  })
})

test('a listing shows the sender of a subscription as it reads, and one that no sender can be', async () => {
  class Model {}
  const senders: readonly unknown[] = ['web', Model]
  const kinds = namespace('check_test').declare('kinds', { senders })
  const loaded = await load(() =>
    new SubscriptionMap()
      .on(kinds, noop, { sender: 'web' })
      .on(kinds, noop, { sender: Model })
      .on(kinds, noop, { sender: { name: 'an entity' } })
      .on(kinds, noop, { sender: 'wbe' })
      .on(kinds, noop),
  )
  const shown = loaded.signals.find(({ key }) => key === 'check_test:kinds')
  expect(shown?.senders).toEqual(['web', 'Model'])
  expect(shown?.receivers.map(({ sender, senderUnreachable }) => [sender, senderUnreachable])).toEqual([
    ['web', false],
    ['Model', false],
    ['an entity', true],
    ['wbe', true],
    [undefined, false],
  ])
})
