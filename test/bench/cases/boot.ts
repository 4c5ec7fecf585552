import { createHost, signals, silentLogger, SubscriptionMap, type PluginDefinition } from '@aldis/core'
import avvio from 'avvio'

import { judge, type Bench } from '../case.ts'
import { takeTurns } from '../race.ts'
import { takeHeard, manyReceivers, type Beat } from '../receivers.ts'

const COUNT = 1_000

const started = signals.ckanext.signal<unknown, Beat>('bench_started')

/**
 * From nothing to 1,000 plugins loaded and bound, beside avvio, which orders and calls 1,000 functions.
 * What the round before left behind is collected first, so that nobody clears up after another.
 */
export const boot: Bench = {
  name: 'boot',
  async run({ rounds }) {
    const definitions = manyReceivers(COUNT).map(pluginWith)
    const runners = [
      { name: 'aldis', sample: () => bootHost(definitions) },
      { name: 'avvio', sample: bootAvvio },
    ]
    await takeTurns(runners, Math.ceil(rounds / 10))
    const result = await takeTurns(runners, Math.ceil(rounds / 2))
    return [
      judge({
        name: `boot, ${COUNT} plugins with a subscription / avvio, ${COUNT} no-op plugins`,
        value: result.median('aldis'),
        unit: 'ms',
        baseline: result.median('avvio'),
        ratio: result.ratio('aldis', 'avvio'),
        bar: '<= 1',
      }),
    ]
  },
}

/** Every plugin is a class of its own, as plugins are. */
function pluginWith(receiver: (sender: unknown, payload: Beat) => void, index: number): PluginDefinition {
  return {
    name: `bench_${index}`,
    plugin: class {
      getSignalSubscriptions(): SubscriptionMap {
        return new SubscriptionMap().on(started, receiver, { id: 'count' })
      }
    },
  }
}

async function bootHost(plugins: readonly PluginDefinition[]): Promise<number> {
  globalThis.gc?.()
  const start = performance.now()
  const host = await createHost({
    config: { plugins: plugins.map(({ name }) => name) },
    env: {},
    plugins,
    logger: silentLogger,
  })
  await host.load()
  const elapsed = performance.now() - start
  takeHeard()
  started.notify('bench', { beats: 1 })
  const heard = takeHeard()
  await host.stop()
  if (heard !== COUNT) throw new Error(`${heard} receivers are bound instead of ${COUNT}.`)
  return elapsed
}

async function bootAvvio(): Promise<number> {
  let called = 0
  globalThis.gc?.()
  const start = performance.now()
  const app = avvio({})
  for (let index = 0; index < COUNT; index++) {
    app.use((_server, _options, done) => {
      called++
      done()
    })
  }
  await app.ready()
  const elapsed = performance.now() - start
  await new Promise((closed) => app.close(closed))
  if (called !== COUNT) throw new Error(`avvio called ${called} plugins instead of ${COUNT}.`)
  return elapsed
}
