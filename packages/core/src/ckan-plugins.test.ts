/**
 * What CKAN promises of plugins, interfaces and observers.
 */
import { expect, test } from 'vitest'

import {
  createHost,
  defineInterface,
  signals,
  SubscriptionMap,
  type Host,
  type Interface,
  type ObservedPlugin,
  type PluginDefinition,
} from './index.ts'
import { usePlugin } from './testing.ts'

interface IFoo {
  foo(): string
}
const IFoo: Interface<IFoo> = defineInterface('test:IFoo', ['foo'])

interface IBar {
  bar(): string
}
const IBar: Interface<IBar> = defineInterface('test:IBar', ['bar'])

const containing = (text: string): unknown => expect.stringContaining(text)

const foo = (name: string, more: Partial<PluginDefinition> = {}): PluginDefinition => ({
  name,
  plugin: { foo: () => name },
  ...more,
})

async function loaded(plugins: readonly PluginDefinition[], enabled: string[]): Promise<Host> {
  const host = await createHost({ config: { plugins: enabled }, env: {}, plugins })
  await host.load()
  return host
}

/** An observer that writes down what it is told. */
class Observer {
  readonly told: [moment: string, plugin: ObservedPlugin][] = []
  beforeLoad(plugin: ObservedPlugin): void {
    this.told.push(['beforeLoad', plugin])
  }
  afterLoad(plugin: ObservedPlugin): void {
    this.told.push(['afterLoad', plugin])
  }
  beforeUnload(plugin: ObservedPlugin): void {
    this.told.push(['beforeUnload', plugin])
  }
  afterUnload(plugin: ObservedPlugin): void {
    this.told.push(['afterUnload', plugin])
  }
  namesAt(moment: string): string[] {
    return this.told.filter(([at]) => at === moment).map(([, { name }]) => name)
  }
}

test('implementations come in the order of the configuration, earlier wins (P20)', async () => {
  const plugins = [foo('v1'), foo('v2'), foo('v3')]
  await using host = await loaded(plugins, ['v1', 'v3', 'v2'])

  expect(host.implementations(IFoo).map(({ plugin }) => plugin.foo())).toEqual(['v1', 'v3', 'v2'])
})

test('precedence stays as configured where the load order is another (P20)', async () => {
  const plugins = [foo('v1', { after: ['v2'] }), foo('v2')]
  await using host = await loaded(plugins, ['v1', 'v2'])

  expect(host.plugins.map(({ name }) => name)).toEqual(['v2', 'v1'])
  expect(host.implementations(IFoo).map(({ name }) => name)).toEqual(['v1', 'v2'])
})

test('a plugin that the configuration does not list has the lowest precedence', async () => {
  const plugins = [foo('v1'), foo('v2'), foo('extra')]
  await using host = await loaded(plugins, ['v1'])
  await host.load('extra')
  await host.load('v2')

  expect(host.implementations(IFoo).map(({ name }) => name)).toEqual(['v1', 'extra', 'v2'])
})

test('a plugin implements an interface when it has every method, its own or inherited (P21)', async () => {
  class Parent {
    foo(): string {
      return 'parent'
    }
  }
  class Child extends Parent {
    bar(): string {
      return 'child'
    }
  }
  const plugins = [
    { name: 'parent', plugin: Parent },
    { name: 'child', plugin: Child },
    { name: 'neither', plugin: { fooo: () => '' } },
    { name: 'field', plugin: { foo: 'not a method' } },
  ]
  await using host = await loaded(
    plugins,
    plugins.map(({ name }) => name),
  )

  expect(host.implementations(IFoo).map(({ name }) => name)).toEqual(['parent', 'child'])
  expect(host.implementations(IBar).map(({ name }) => name)).toEqual(['child'])
  expect(IFoo.implementedBy(new Child())).toBe(true)
  expect(IBar.implementedBy(new Parent())).toBe(false)
  expect(IFoo.implementedBy(null)).toBe(false)
  expect(host.plugins.find(({ name }) => name === 'child')?.interfaces).toEqual(['test:IFoo', 'test:IBar'])
})

test('an observer hears of a load and of an unload once each, with the same instance (P22)', async () => {
  const observer = new Observer()
  class Action {
    foo(): string {
      return 'action'
    }
  }
  const host = await usePlugin(
    { name: 'action', plugin: Action },
    { with: [{ name: 'observer', plugin: observer }] },
  )
  const [action] = host.implementations(IFoo)
  const seen = observer.told.splice(0)
  expect(seen.map(([moment, { name }]) => `${moment} ${name}`)).toEqual([
    'afterLoad observer',
    'beforeLoad action',
    'afterLoad action',
  ])
  expect(seen.slice(1).every(([, { instance }]) => instance === action?.plugin)).toBe(true)

  await host.stop()
  expect(observer.told.map(([moment, { name }]) => `${moment} ${name}`)).toEqual([
    'beforeUnload action',
    'afterUnload action',
  ])
  expect(observer.told.every(([, { instance }]) => instance === action?.plugin)).toBe(true)
})

test('the loaded plugins are exactly the enabled ones (P23)', async () => {
  await using host = await loaded([foo('action_plugin'), foo('other')], ['action_plugin'])

  const on = host.plugins.filter(({ state }) => state === 'on')
  expect(on.map(({ name }) => name)).toEqual(['action_plugin'])
  expect(host.implementations(IFoo).map(({ name }) => name)).toEqual(['action_plugin'])
})

test('a plugin that does not exist is told by name, with the one that was probably meant (P25)', async () => {
  const host = await createHost({ config: {}, env: {}, plugins: [foo('inexistent_plugins')] })
  await expect(host.load('inexistent_plugin')).rejects.toMatchObject({
    code: 'PLUGIN_LOAD',
    failures: [{ plugin: 'inexistent_plugin', error: { code: 'PLUGIN_NOT_FOUND' } }],
    message: containing('Did you mean "inexistent_plugins"?'),
  })
  await host.stop()
})

test.each([
  [
    ['observer', 'action', 'auth'],
    ['action', 'auth'],
  ],
  [
    ['observer', 'auth', 'action'],
    ['auth', 'action'],
  ],
])('an observer sees the plugins %j in their order, and its own end of load (P26)', async (enabled, rest) => {
  const observer = new Observer()
  const plugins = [{ name: 'observer', plugin: observer }, foo('action'), foo('auth')]
  await using host = await loaded(plugins, enabled)

  expect(host.plugins).toHaveLength(3)
  expect(observer.namesAt('beforeLoad')).toEqual(rest)
  expect(observer.namesAt('afterLoad')).toEqual(['observer', ...rest])
})

test('no two interfaces may have a method of one name (P27)', () => {
  expect(() => defineInterface<{ foo(): void; other(): void }>('test:IOther', ['other', 'foo'])).toThrow(
    expect.objectContaining({ code: 'INTERFACE_CONFLICT', interfaceName: 'test:IOther' }),
  )
  expect(() => defineInterface<{ baz(): void }>('test:IFoo', ['baz'])).toThrow(
    expect.objectContaining({ code: 'INTERFACE_CONFLICT' }),
  )
  // The refused definition has claimed nothing.
  expect(defineInterface<{ other(): void }>('test:IThird', ['other']).methods).toEqual(['other'])
})

test('the same definition of an interface, from a second copy of a package, is the same interface', () => {
  const again = defineInterface<IFoo>('test:IFoo', ['foo'])
  expect(again.implementedBy({ foo: () => '' })).toBe(true)
  expect(again.name).toBe(IFoo.name)
})

const isignalNumber = signals.ckanext.signal<number>('isignal_number')
const x2 = (n: number): number => n * 2
const x10 = (n: number): number => n * 10

class ExampleISignalPlugin {
  getSignalSubscriptions(): SubscriptionMap {
    return new SubscriptionMap().on(isignalNumber, x2).on(isignalNumber, x10, { sender: 10 })
  }
}

test('without the plugin nobody listens to its signal (S10)', () => {
  expect(signals.ckanext.signal('isignal_number').receiversFor(10)).toEqual([])
})

test('inside usePlugin the receivers of the sender are there, and gone after it (S11)', async () => {
  {
    await using host = await usePlugin({ name: 'example_isignal', plugin: ExampleISignalPlugin })
    expect(host.plugins).toHaveLength(1)
    expect(isignalNumber.receiversFor(10)).toEqual([x2, x10])
  }
  expect(isignalNumber.receiversFor(10)).toEqual([])
})

test('the enabled plugin has two receivers (S12)', async () => {
  await using host = await usePlugin({ name: 'example_isignal', plugin: ExampleISignalPlugin })

  const shown = host.signals.find(({ signal }) => signal === isignalNumber)
  expect(shown?.receivers.map(({ id, sender }) => [id, sender])).toEqual([
    ['x2', undefined],
    ['x10', '10'],
  ])
})

test('CKAN-style entries and SubscriptionMap give the same answers (S13)', async () => {
  const plain = { getSignalSubscriptions: () => [[isignalNumber, [x2, { receiver: x10, sender: 10 }]]] }
  for (const plugin of [ExampleISignalPlugin, plain]) {
    await using host = await usePlugin({ name: 'example_isignal', plugin })
    expect(host.plugins).toHaveLength(1)
    expect(isignalNumber.send(5, undefined).map(([, value]) => value)).toEqual([10])
    expect(isignalNumber.send(10, undefined).map(([, value]) => value)).toEqual([20, 100])
  }
})
