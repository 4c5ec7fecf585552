/**
 * Loading is a transaction: whatever fails, in whichever phase, leaves nothing of itself behind.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'

import {
  createHost,
  defineToken,
  PluginContext,
  signals,
  SubscriptionMap,
  TransactionProvider,
  type Command,
  type Delivery,
  type Host,
  type HostOptions,
  type Injected,
  type PluginDefinition,
} from './index.ts'
import { leakCheck, MemoryLogger, MemoryTransactions } from './testing.ts'

const happened = signals.ckanext.signal<string>('load_happened')
const Stock = defineToken<{ readonly left: number }>('test:Stock')

const PHASES = ['resolve', 'construct', 'collect', 'check', 'observe', 'bind', 'start'] as const
type Phase = (typeof PHASES)[number]

/** Where the plugin `shop` fails now. */
let failing: Phase | undefined
/** What happened, in order. */
let events: string[] = []
let logger = new MemoryLogger()
let host: Host | undefined
let leaks: Disposable

beforeEach(() => {
  failing = undefined
  events = []
  logger = new MemoryLogger()
  leaks = leakCheck()
})

afterEach(async () => {
  await host?.stop()
  host = undefined
  leaks[Symbol.dispose]()
})

function fail(phase: Phase): void {
  if (failing === phase) throw new Error(`fails in ${phase}`)
}

const command = (name: string): Command => ({ name, description: '', needs: 'load', run: () => 0 })

const delivery = (name: string): Delivery => ({
  name,
  options: z.strictObject({}),
  send: (_send, inline) => inline(),
  sendAsync: (_send, inline) => inline(),
})

/** Does everything that a plugin can do while it is loaded. */
class Shop {
  static readonly inject = [PluginContext] as const
  readonly #name: string

  constructor(...[context]: Injected<typeof Shop.inject>) {
    this.#name = context.name
    context.provide(Stock, () => ({ left: 3 }))
    context.provide(TransactionProvider, () => new MemoryTransactions())
    context.resources.defer(() => void events.push(`${context.name} disposed`))
    context.signal.addEventListener('abort', () => events.push(`${context.name} aborted`))
    fail('construct')
  }
  getCommands(): Command[] {
    fail('collect')
    return [command('shop stock')]
  }
  getDeliveries(): Delivery[] {
    return [delivery('by_post')]
  }
  getSignalSubscriptions(): SubscriptionMap {
    fail('check')
    return new SubscriptionMap().on(happened, () => this.#name).on(signals.userCreated, () => this.#name)
  }
  start(): void {
    fail('start')
    events.push(`${this.#name} started`)
  }
}

/** Sees the others load, and stops `shop` when it is to fail there. */
const observer = {
  beforeLoad() {},
  afterLoad({ name }: { readonly name: string }) {
    if (name === 'shop') fail('observe')
    events.push(`saw ${name}`)
  },
  beforeUnload() {},
  afterUnload({ name }: { readonly name: string }) {
    events.push(`missed ${name}`)
  },
}

const listening = (name: string, more: Partial<PluginDefinition> = {}): PluginDefinition => ({
  name,
  plugin: { getSignalSubscriptions: () => new SubscriptionMap().on(happened, () => name) },
  ...more,
})

const plugins: PluginDefinition[] = [
  { name: 'observer', plugin: observer },
  listening('first'),
  { name: 'shop', plugin: Shop },
  listening('mail', { requires: { shop: '*' } }),
  listening('letters', { requires: { mail: '*' } }),
  listening('last', { after: ['shop'] }),
]

async function makeHost(options: Partial<HostOptions> = {}): Promise<Host> {
  const missing = failing === 'resolve'
  host = await createHost({
    config: { plugins: plugins.map(({ name }) => name) },
    env: {},
    plugins: plugins.filter(({ name }) => !(missing && name === 'shop')),
    logger,
    ...options,
  })
  return host
}

/** Listening to the connections of a signal is a way to stop one. */
function stopBinding(): Disposable {
  let asked = false
  return happened.receiverConnected.connect(() => {
    if (failing === 'bind' && happened.receiversFor('x').length === 2 && !asked) {
      asked = true
      throw new Error('fails in bind')
    }
  })
}

const codeOf = (error: unknown): unknown => Reflect.get(Object(error), 'code')
const heard = (): unknown[] => happened.send('x', 0).map(([, value]) => value)
const stateOf = (name: string): unknown => host?.plugins.find((plugin) => plugin.name === name)?.state

test.each(PHASES)('what fails in %s undoes the whole load, and the next one works', async (phase) => {
  failing = phase
  using stopping = stopBinding()
  const host = await makeHost()
  const loading = phase === 'start' ? host.load().then(() => host.start()) : host.load()
  await expect(loading).rejects.toMatchObject({ code: 'PLUGIN_LOAD', plugin: 'shop', phase })

  expect(heard()).toEqual([])
  expect(signals.userCreated.hasReceivers).toBe(false)
  expect(host.plugins.every(({ state }) => state !== 'on')).toBe(true)
  expect(host.commands).toEqual([])
  expect(() => host.resolve(Stock)).toThrow(expect.objectContaining({ code: 'SERVICE_NOT_PROVIDED' }))
  const built = phase !== 'resolve'
  expect(events.filter((event) => event.startsWith('shop '))).toEqual(
    built ? ['shop aborted', 'shop disposed'] : [],
  )
  // Whoever was told of a plugin is told that it is gone; of the others, nothing.
  const saw = events.filter((event) => event.startsWith('saw ')).map((event) => event.slice(4))
  const missed = events.filter((event) => event.startsWith('missed ')).map((event) => event.slice(7))
  const expected = saw.filter((name) => name !== 'observer')
  if (phase === 'observe') expected.push('shop')
  expect(missed.sort()).toEqual(expected.sort())

  if (phase === 'resolve') return
  failing = undefined
  await host.load()
  await host.start()
  expect(heard()).toEqual(['first', 'shop', 'mail', 'letters', 'last'])
  expect(host.commands.map(({ name }) => name)).toEqual(['shop stock'])
  expect(host.resolve(Stock).left).toBe(3)
  stopping[Symbol.dispose]()
})

test.each(PHASES)(
  'with the policy "disable", what fails in %s is left out with what requires it',
  async (phase) => {
    failing = phase
    using stopping = stopBinding()
    const host = await makeHost({ onPluginFailure: 'disable' })
    await host.load()
    await host.start()

    expect(heard()).toEqual(['first', 'last'])
    expect(host.plugins.map(({ name, state }) => [name, state])).toEqual([
      ['observer', 'on'],
      ['first', 'on'],
      ['last', 'on'],
      ['shop', 'failed'],
      ['mail', 'skipped'],
      ['letters', 'skipped'],
    ])
    expect(host.plugins.slice(3).map(({ error }) => codeOf(error))).toEqual([
      phase === 'resolve' ? 'PLUGIN_NOT_FOUND' : 'PLUGIN_FAILED',
      'PLUGIN_REQUIREMENT_MISSING',
      'PLUGIN_REQUIREMENT_MISSING',
    ])
    expect(host.commands).toEqual([])
    expect(
      logger.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields['plugin']),
    ).toEqual(['shop', 'mail', 'letters'])
    expect(() => host.resolve(Stock)).toThrow(expect.objectContaining({ code: 'SERVICE_NOT_PROVIDED' }))
    stopping[Symbol.dispose]()
  },
)

test('all that is wrong in a phase is told together', async () => {
  const broken = (name: string): PluginDefinition => ({
    name,
    plugin: class {
      constructor() {
        throw new Error(`${name} is broken`)
      }
    },
  })
  const host = await makeHost({
    config: { plugins: ['a', 'b', 'first', 'c'] },
    plugins: [broken('a'), listening('b', { requires: { a: '*' } }), listening('first'), broken('c')],
  })
  const error: unknown = await host.load().catch((reason: unknown) => reason)

  // `b` has done nothing wrong: it is not asked once `a` has failed.
  expect(error).toMatchObject({
    failures: [{ plugin: 'a' }, { plugin: 'c' }],
    plugin: 'a',
    phase: 'construct',
  })
  expect(String(error)).toContain(
    'Plugin "a" (construct, PLUGIN_FAILED): The plugin "a" failed in the step "construct": a is broken',
  )
  expect(String(error)).toContain('c is broken')
})

test('a plugin that is enabled twice is told, and loads in neither policy', async () => {
  const options = {
    config: { plugins: ['first', 'last', 'first'] },
    plugins: [listening('first'), listening('last')],
  }
  const host = await makeHost(options)
  await expect(host.load()).rejects.toMatchObject({
    failures: [{ plugin: 'first', error: { code: 'PLUGIN_DUPLICATE' } }],
  })
  await host.stop()

  const lenient = await makeHost({ ...options, onPluginFailure: 'disable' })
  await lenient.load()
  expect(heard()).toEqual(['last'])
})

test('a plugin is loaded, unloaded and loaded again while the host runs', async () => {
  const host = await makeHost({ config: { plugins: ['first', 'shop'] } })
  await host.load()
  await host.start()
  await host.load('mail')
  expect(heard()).toEqual(['first', 'shop', 'mail'])

  await expect(host.unload('shop')).rejects.toMatchObject({ code: 'PLUGIN_REQUIRED', requiredBy: ['mail'] })
  expect(heard()).toEqual(['first', 'shop', 'mail'])
  await host.unload('mail')
  await host.unload('shop')
  expect(heard()).toEqual(['first'])
  expect(stateOf('shop')).toBe('off')
  expect(host.commands).toEqual([])

  await host.load()
  expect(heard()).toEqual(['first', 'shop'])
  expect(events.filter((event) => event === 'shop started')).toHaveLength(2)
})

test('a plugin that is loaded later and fails takes nothing else down', async () => {
  const host = await makeHost({ config: { plugins: ['first'] } })
  await host.load()
  await host.start()
  failing = 'start'
  await expect(host.load('shop')).rejects.toMatchObject({
    code: 'PLUGIN_LOAD',
    plugin: 'shop',
    phase: 'start',
  })
  expect(heard()).toEqual(['first'])

  failing = undefined
  await host.load('shop')
  expect(heard()).toEqual(['first', 'shop'])
})

test('calls that come at once take turns', async () => {
  const host = await makeHost({ config: { plugins: ['first', 'shop'] } })
  await Promise.all([host.load(), host.load('mail'), host.unload('mail'), host.load('mail'), host.start()])
  expect(heard()).toEqual(['first', 'shop', 'mail'])
  await expect(Promise.all([host.unload('mail'), host.unload('mail')])).rejects.toMatchObject({
    code: 'PLUGIN_NOT_LOADED',
  })
})

class Priced {
  static readonly settings = z.object({ price: z.number() })
  static readonly inject = [PluginContext] as const
  readonly #context: PluginContext

  constructor(...[context]: Injected<typeof Priced.inject>) {
    this.#context = context
  }
  getSignalSubscriptions(): SubscriptionMap {
    return new SubscriptionMap().on(happened, () => this.#context.settings)
  }
}

test('a reload brings the settings as they are now to a plugin and to what requires it', async () => {
  const settings = { priced: { price: 1 } }
  const config = { plugins: ['priced', 'last', 'mail'], settings }
  const host = await makeHost({
    config,
    plugins: [
      { name: 'priced', plugin: Priced },
      listening('last'),
      listening('mail', { requires: { priced: '*' } }),
    ],
  })
  await host.load()
  settings.priced.price = 2
  expect(heard()).toEqual([{ price: 1 }, 'last', 'mail'])
  await host.reload('priced')

  expect(heard()).toEqual(['last', { price: 2 }, 'mail'])
  expect(host.plugins.map(({ name, state }) => [name, state])).toEqual([
    ['last', 'on'],
    ['priced', 'on'],
    ['mail', 'on'],
  ])
  // Precedence is the configuration's still.
  expect(host.config.values.settings['priced']).toEqual({ price: 2 })
})

test('a reload that fails restores what was there', async () => {
  const settings: Record<string, Record<string, unknown>> = { priced: { price: 1 } }
  const config = { plugins: ['priced', 'mail'], settings }
  const priced = { name: 'priced', plugin: Priced }
  const host = await makeHost({ config, plugins: [priced, listening('mail', { requires: { priced: '*' } })] })
  await host.load()
  settings['priced'] = { price: 'much' }
  await expect(host.reload('priced')).rejects.toMatchObject({ cause: { code: 'PLUGIN_SETTINGS_INVALID' } })
  expect(heard()).toEqual([{ price: 1 }, 'mail'])
  expect(host.config.values.settings['priced']).toEqual({ price: 1 })

  settings['Wrong Name'] = {}
  await expect(host.reload('priced')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  expect(heard()).toEqual([{ price: 1 }, 'mail'])
})

test('when not even what was there can be loaded again, the reload tells why it failed, and the log the rest', async () => {
  let loads = 0
  const once = class {
    constructor() {
      if (++loads > 1) throw new Error(`load ${loads}`)
    }
  }
  const host = await makeHost({ config: { plugins: ['once'] }, plugins: [{ name: 'once', plugin: once }] })
  await host.load()
  await expect(host.reload('once')).rejects.toThrow('load 2')
  expect(logger.lines.at(-1)).toMatchObject({
    level: 'error',
    message: 'could not be loaded again as they were',
  })
  expect(stateOf('once')).toBe('off')
})

test('settings of a plugin that is not there are told in the log, with the one that was probably meant', async () => {
  const host = await makeHost({ config: { settings: { frist: { a: 1 } } }, plugins: [listening('first')] })
  await host.load()
  expect(logger.lines).toContainEqual({
    level: 'warn',
    fields: { plugin: 'frist', at: 'given' },
    message: 'settings of a plugin that is not there. Did you mean "first"?',
  })
})
