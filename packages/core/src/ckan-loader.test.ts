/**
 * What goes wrong in CKAN's loader, case by case: here it does not.
 */
import { afterEach, expect, test } from 'vitest'

import { createHost, signals, SubscriptionMap, type Host, type PluginDefinition } from './index.ts'
import { leakCheck, MemoryLogger, usePlugin } from './testing.ts'

const happened = signals.ckanext.signal('loader_happened')

/** Everyone whose receiver was called, in call order. */
let heard: string[] = []

let logger = new MemoryLogger()
const hosts: Host[] = []
let leaks = leakCheck()

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop()
  heard = []
  logger = new MemoryLogger()
  leaks[Symbol.dispose]()
  leaks = leakCheck()
})

/** A host that has loaded nothing yet; stopped when the test ends. */
async function hostOf(
  plugins: readonly PluginDefinition[],
  config: { readonly plugins?: string[]; readonly settings?: Record<string, Record<string, unknown>> } = {},
): Promise<Host> {
  const host = await createHost({
    config: { plugins: plugins.map(({ name }) => name), ...config },
    env: {},
    plugins,
    logger,
  })
  hosts.push(host)
  return host
}

const listening = (name: string): PluginDefinition => ({
  name,
  plugin: { getSignalSubscriptions: () => new SubscriptionMap().on(happened, () => heard.push(name)) },
})

const stateOf = (host: Host, name: string): string | undefined =>
  host.plugins.find((plugin) => plugin.name === name)?.state

test('a method given as receiver is not called any more after the unload (P01)', async () => {
  class Audit {
    getSignalSubscriptions(): SubscriptionMap {
      return new SubscriptionMap().on(happened, this.hear.bind(this))
    }
    hear(): void {
      heard.push('audit')
    }
  }
  const host = await hostOf([{ name: 'audit', plugin: Audit }])
  await host.load()
  happened.send('a', 0)
  await host.unload('audit')
  happened.send('b', 0)

  expect(heard).toEqual(['audit'])
})

test('a plugin is constructed once, and its unload leaves its state alone (P02)', async () => {
  const made: object[] = []
  class Counter {
    calls = 0
    constructor() {
      made.push(this)
    }
    getSignalSubscriptions(): SubscriptionMap {
      return new SubscriptionMap().on(happened, () => ++this.calls)
    }
  }
  const host = await hostOf([{ name: 'counter', plugin: Counter }])
  await host.load()
  happened.send('a', 0)
  await host.unload('counter')

  expect(made).toEqual([expect.objectContaining({ calls: 1 })])
})

test('an arrow function that only the host holds survives garbage collection (P03)', async () => {
  const host = await hostOf([listening('shop')])
  await host.load()
  globalThis.gc?.()
  happened.send('a', 0)

  expect(globalThis.gc).toBeTypeOf('function')
  expect(heard).toEqual(['shop'])
})

test('receivers made anew by each getSignalSubscriptions are gone after the unload (P04)', async () => {
  const host = await hostOf([listening('shop')])
  await host.load()
  await host.unload('shop')
  happened.send('a', 0)

  expect(heard).toEqual([])
  expect(happened.hasReceivers).toBe(false)
})

test('what a plugin returns is never written to, so loading it again does the same (P05)', async () => {
  const entry = Object.freeze({ receiver: () => heard.push('shop'), sender: 'web', priority: 3 })
  const pairs = Object.freeze([Object.freeze([happened, Object.freeze([entry])] as const)])
  const host = await hostOf([{ name: 'shop', plugin: { getSignalSubscriptions: () => pairs } }])
  await host.load()
  await host.unload('shop')
  await host.load('shop')
  happened.send('web', 0)
  happened.send('pos', 0)

  expect(heard).toEqual(['shop'])
})

test('after a subscription to one sender is unloaded, the signal has no receivers (P06)', async () => {
  const plugin = {
    getSignalSubscriptions: () => new SubscriptionMap().on(happened, () => 1, { sender: 'web' }),
  }
  const host = await hostOf([{ name: 'shop', plugin }])
  await host.load()
  expect(happened.hasReceiversFor('web')).toBe(true)
  await host.unload('shop')

  expect([happened.hasReceivers, happened.hasReceiversFor('web')]).toEqual([false, false])
})

test('two plugins can share a function: each is called, and unloads only its own (P07)', async () => {
  const shared = (): number => heard.push('shared')
  const plugin = { getSignalSubscriptions: () => new SubscriptionMap().on(happened, shared) }
  const host = await hostOf([
    { name: 'one', plugin },
    { name: 'two', plugin: { ...plugin } },
  ])
  await host.load()
  happened.send('a', 0)
  expect(heard).toHaveLength(2)
  await host.unload('one')
  happened.send('b', 0)

  expect(heard).toHaveLength(3)
  expect(happened.receiversFor('b')).toEqual([shared])
})

test('one wrong option leaves nothing connected, and the corrected plugin loads (P08)', async () => {
  let extra: object = { wek: false }
  const plugin = {
    getSignalSubscriptions: () => [
      [happened, [() => heard.push('first'), { receiver: () => heard.push('second'), ...extra }]],
    ],
  }
  const host = await hostOf([{ name: 'shop', plugin }])
  await expect(host.load()).rejects.toMatchObject({
    code: 'PLUGIN_LOAD',
    phase: 'check',
    failures: [{ plugin: 'shop', error: { code: 'SUBSCRIPTION_INVALID' } }],
  })
  expect(happened.hasReceivers).toBe(false)
  expect(stateOf(host, 'shop')).toBe('off')
  await expect(host.unload('shop')).rejects.toMatchObject({ code: 'PLUGIN_NOT_LOADED' })

  extra = {}
  await host.load()
  happened.send('a', 0)
  expect(heard).toEqual(['first', 'second'])
})

test('a plugin that is not there leaves none of the others loaded (P09)', async () => {
  const host = await hostOf([listening('shop')], { plugins: ['shop', 'missing'] })
  await expect(host.load()).rejects.toMatchObject({ plugin: 'missing', phase: 'resolve' })

  expect(stateOf(host, 'shop')).toBe('off')
  expect(happened.hasReceivers).toBe(false)
})

test('settings that cannot be used leave nothing bound (P10)', async () => {
  const host = await hostOf([listening('shop'), listening('mail')], { settings: { mail: { port: 25 } } })
  await expect(host.load()).rejects.toMatchObject({
    plugin: 'mail',
    phase: 'construct',
    failures: [{ error: { code: 'PLUGIN_SETTINGS_INVALID' } }],
  })

  expect(host.plugins.map(({ state }) => state)).toEqual(['off', 'off'])
  expect(happened.hasReceivers).toBe(false)
})

test('usePlugin that cannot load all leaves nothing behind (P11)', async () => {
  const broken = {
    getSignalSubscriptions: () => {
      throw new Error('no')
    },
  }
  await expect(
    usePlugin({ name: 'broken', plugin: broken }, { with: [listening('shop')] }),
  ).rejects.toMatchObject({
    plugin: 'broken',
  })
  expect(happened.hasReceivers).toBe(false)

  await using host = await usePlugin(listening('shop'))
  expect(stateOf(host, 'shop')).toBe('on')
})

test('an observer that throws after a load leaves nothing half loaded (P12)', async () => {
  let throwing = true
  const observer = {
    beforeLoad() {},
    afterLoad({ name }: { readonly name: string }) {
      if (throwing && name === 'shop') throw new Error('not this one')
    },
    beforeUnload() {},
    afterUnload() {},
  }
  const host = await hostOf([{ name: 'observer', plugin: observer }, listening('shop')])
  await expect(host.load()).rejects.toMatchObject({ plugin: 'shop', phase: 'observe' })
  expect(host.plugins.map(({ state }) => state)).toEqual(['off', 'off'])

  throwing = false
  await host.load()
  await host.unload('shop')
  expect(stateOf(host, 'shop')).toBe('off')
})

test('an observer that throws during an unload does not keep receivers connected (P13)', async () => {
  const told: string[] = []
  const observer = (name: string, fail: boolean): PluginDefinition => ({
    name,
    plugin: {
      beforeLoad() {},
      afterLoad() {},
      beforeUnload() {
        told.push(`${name} before`)
        if (fail) throw new Error('busy')
      },
      afterUnload() {
        told.push(`${name} after`)
        if (fail) throw new Error('busy')
      },
    },
  })
  const host = await hostOf([observer('angry', true), observer('calm', false), listening('shop')])
  await host.load()
  await host.unload('shop')

  expect(told).toEqual(['angry before', 'calm before', 'angry after', 'calm after'])
  const errors = logger.lines.filter(({ level }) => level === 'error')
  expect(errors.map(({ fields, message }) => [fields['plugin'], message])).toEqual([
    ['shop', 'while unloading'],
    ['shop', 'while unloading'],
  ])
  expect(happened.hasReceivers).toBe(false)
  expect(stateOf(host, 'shop')).toBe('off')
})

test('loading twice and unloading what is not loaded are errors with codes of their own (P14)', async () => {
  const host = await hostOf([listening('shop')])
  await host.load()

  await expect(host.load('shop')).rejects.toMatchObject({ code: 'PLUGIN_ALREADY_LOADED', plugin: 'shop' })
  await expect(host.unload('mail')).rejects.toMatchObject({ code: 'PLUGIN_NOT_LOADED', plugin: 'mail' })
  await expect(host.reload('mail')).rejects.toMatchObject({ code: 'PLUGIN_NOT_LOADED', plugin: 'mail' })
})

test('a plugin is asked for its subscriptions once per load (P15)', async () => {
  let asked = 0
  const plugin = {
    getSignalSubscriptions() {
      asked++
      return new SubscriptionMap().on(happened, () => heard.push(`answer ${asked}`))
    },
  }
  const host = await hostOf([{ name: 'shop', plugin }])
  await host.load()
  await host.unload('shop')
  expect(asked).toBe(1)
  await host.load('shop')
  expect(asked).toBe(2)
})

test('looking at plugins and signals constructs nothing, and a second host cannot either (P16)', async () => {
  let made = 0
  const plugin = class {
    constructor() {
      made++
    }
  }
  const host = await hostOf([{ name: 'shop', plugin }])
  await host.load()
  void [host.plugins, host.signals, host.commands, host.problems, host.config]
  await expect(createHost({ config: {}, env: {} })).rejects.toMatchObject({ code: 'HOST_RUNNING' })

  expect(made).toBe(1)
})

test('a signal that only a subscriber has named is shown as undeclared (P17)', async () => {
  const typo = signals.ckan.signal('user_craeted')
  const plugin = { getSignalSubscriptions: () => new SubscriptionMap().on(typo, () => 0) }
  const host = await hostOf([{ name: 'shop', plugin }])
  await host.load()

  const shown = host.signals.find(({ key }) => key === 'ckan:user_craeted')
  expect(shown).toMatchObject({ declared: false, receivers: [{ plugin: 'shop' }] })
  expect(host.signals.find(({ key }) => key === 'ckan:user_created')).toMatchObject({ declared: true })
})

test('a plugin can have several receivers for one signal, and plugins follow each other in load order (P18)', async () => {
  const both = (name: string, after: string[]): PluginDefinition => ({
    name,
    after,
    plugin: {
      getSignalSubscriptions: () =>
        new SubscriptionMap()
          .on(happened, () => heard.push(`${name} 1`))
          .on(happened, () => heard.push(`${name} 2`)),
    },
  })
  const host = await hostOf([both('late', ['early']), both('early', [])])
  await host.load()
  happened.send('a', 0)

  expect(heard).toEqual(['early 1', 'early 2', 'late 1', 'late 2'])
})
