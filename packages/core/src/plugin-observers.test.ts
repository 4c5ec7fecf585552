import { afterEach, beforeEach, expect, test } from 'vitest'

import {
  createHost,
  type Host,
  type HostOptions,
  type IPluginObserver,
  type ObservedPlugin,
  type PluginDefinition,
} from './index.ts'
import { MemoryLogger } from './testing.ts'

let told: string[] = []
let logger = new MemoryLogger()
let host: Host | undefined

beforeEach(() => {
  told = []
  logger = new MemoryLogger()
})

afterEach(async () => {
  await host?.stop()
  host = undefined
})

type Behaviour = (moment: string, plugin: ObservedPlugin) => void | Promise<void>

/** An observer that writes down what it hears, then does as `behave` says. */
function observer(name: string, behave: Behaviour = () => undefined): PluginDefinition {
  const hear =
    (moment: string) =>
    (plugin: ObservedPlugin): void | Promise<void> => {
      told.push(`${name}: ${moment} ${plugin.name}`)
      return behave(moment, plugin)
    }
  const plugin: IPluginObserver = {
    beforeLoad: hear('before'),
    afterLoad: hear('after'),
    beforeUnload: hear('leaving'),
    afterUnload: hear('gone'),
  }
  return { name, plugin }
}

const plain = (name: string): PluginDefinition => ({ name, plugin: {} })

async function load(plugins: PluginDefinition[], options: HostOptions = {}): Promise<Host> {
  host = await createHost({
    config: { plugins: plugins.map(({ name }) => name) },
    env: {},
    plugins,
    logger,
    ...options,
  })
  await host.load()
  return host
}

test('an observer hears of those that load after it, in order, and of its own end of load', async () => {
  await load([plain('early'), observer('one'), observer('two'), plain('late')])
  expect(told).toEqual([
    'one: after one',
    'one: before two',
    'one: after two',
    'two: after two',
    'one: before late',
    'two: before late',
    'one: after late',
    'two: after late',
  ])
})

test('when the host stops, each hears of those that go before it, and not of itself', async () => {
  const host = await load([observer('one'), observer('two'), plain('late')])
  told = []
  await host.stop()
  expect(told).toEqual([
    'one: leaving late',
    'two: leaving late',
    'one: gone late',
    'two: gone late',
    'one: leaving two',
    'one: gone two',
  ])
})

test('while an observer is told, the plugin is not among the loaded ones', async () => {
  const states: unknown[] = []
  const look = observer('look', (_moment, { name }) => {
    if (name === 'late') states.push(host?.plugins.find((plugin) => plugin.name === name)?.state)
  })
  const loaded = await load([look, plain('late')])
  await loaded.unload('late')
  expect(states).toEqual(['off', 'off', 'off', 'off'])
})

test('the next plugin waits until an observer has finished', async () => {
  const slow = observer('slow', async (moment, { name }) => {
    await new Promise((resolve) => setImmediate(resolve))
    told.push(`slow: done ${moment} ${name}`)
  })
  await load([slow, plain('a'), plain('b')])
  expect(told.slice(2, 6)).toEqual([
    'slow: before a',
    'slow: done before a',
    'slow: after a',
    'slow: done after a',
  ])
})

test.each(['before', 'after'])(
  'an observer that throws %s a load keeps the plugin out, and names both',
  async (at) => {
    const strict = observer('strict', (moment, { name }) => {
      if (moment === at && name === 'bad') throw new Error('not this one')
    })
    const host = await load([observer('calm'), strict, plain('bad'), plain('good')], {
      onPluginFailure: 'disable',
    })

    const bad = host.plugins.find(({ name }) => name === 'bad')
    expect(bad).toMatchObject({ state: 'failed', error: { code: 'PLUGIN_FAILED', plugin: 'strict' } })
    expect(String(bad?.error)).toContain('"strict" failed in')
    expect(String(bad?.error)).toContain('for "bad": not this one')
    expect(host.plugins.find(({ name }) => name === 'good')?.state).toBe('on')
    // Whoever heard that it is there hears that it goes.
    const heardOfIt = at === 'after' ? ['calm: leaving bad', 'strict: leaving bad'] : []
    expect(told.filter((line) => line.includes('leaving'))).toEqual(heardOfIt)
  },
)

test.each(['before', 'after'])(
  'an observer that hangs %s a load is given up, and the load fails',
  async (at) => {
    const hanging = observer('hanging', (moment, { name }) =>
      moment === at && name === 'late' ? new Promise(() => {}) : undefined,
    )
    await expect(load([hanging, plain('late')], { loadTimeoutMs: 30 })).rejects.toMatchObject({
      phase: 'observe',
      plugin: 'late',
      cause: { code: 'PLUGIN_TIMEOUT', plugin: 'hanging', timeoutMs: 30 },
    })
  },
)

test('an observer that throws or hangs during an unload is told in the log, and the unload goes on', async () => {
  const awkward = observer('awkward', (moment) => {
    if (moment === 'gone') throw new Error('already?')
    return moment === 'leaving' ? new Promise(() => {}) : undefined
  })
  const host = await load([awkward, plain('late')], { loadTimeoutMs: 30 })
  await host.unload('late')

  expect(host.plugins.find(({ name }) => name === 'late')?.state).toBe('off')
  expect(
    logger.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields['err']),
  ).toMatchObject([
    { code: 'PLUGIN_TIMEOUT', plugin: 'awkward' },
    { code: 'PLUGIN_FAILED', plugin: 'awkward' },
  ])
})

test('an observer that is unloaded hears of nothing any more', async () => {
  const host = await load([observer('one'), plain('late')])
  await host.unload('one')
  told = []
  await host.unload('late')
  await host.load('late')
  expect(told).toEqual([])
})
