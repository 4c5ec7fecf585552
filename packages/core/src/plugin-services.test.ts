/**
 * Load constructs, start opens, serve keeps going, stop closes in reverse.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'

import {
  createHost,
  PluginContext,
  signals,
  SubscriptionMap,
  type Host,
  type HostOptions,
  type Injected,
  type PluginDefinition,
} from './index.ts'
import { MemoryLogger } from './testing.ts'

let events: string[] = []
let logger = new MemoryLogger()
let host: Host | undefined

beforeEach(() => {
  events = []
  logger = new MemoryLogger()
})

afterEach(async () => {
  await host?.stop()
  host = undefined
})

interface Part {
  readonly start?: () => void | Promise<void>
  readonly serve?: (signal: AbortSignal, ready: (address?: string) => void) => Promise<void>
  readonly dispose?: () => void | Promise<void>
}

/** A plugin that writes down when it starts and when it is disposed. */
function part(
  name: string,
  { start, serve, dispose }: Part = {},
  more: Partial<PluginDefinition> = {},
): PluginDefinition {
  class Base {
    static readonly inject = [PluginContext] as const
    constructor(...[context]: Injected<typeof Base.inject>) {
      context.resources.defer(() => {
        events.push(`${name} disposed`)
        return dispose?.()
      })
    }
    start(): void | Promise<void> {
      events.push(`${name} starts`)
      return start?.()
    }
  }
  class Serving extends Base {
    serve(signal: AbortSignal, ready: (address?: string) => void): Promise<void> {
      events.push(`${name} serves`)
      return (serve ?? untilAborted)(signal, ready)
    }
  }
  return { name, plugin: serve ? Serving : Base, ...more }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

async function untilAborted(signal: AbortSignal, ready: (address?: string) => void): Promise<void> {
  ready()
  await aborted(signal)
}

const serving =
  (name: string, address?: string): NonNullable<Part['serve']> =>
  async (signal, ready) => {
    ready(address)
    await aborted(signal)
    events.push(`${name} ends`)
  }

async function make(plugins: PluginDefinition[], options: HostOptions = {}): Promise<Host> {
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

/** Serve until every service is ready; how to end it, and its end. */
async function serveUntilReady(host: Host): Promise<{
  readonly addresses: readonly string[]
  readonly stop: AbortController
  readonly done: Promise<void>
}> {
  const stop = new AbortController()
  let done = Promise.resolve()
  const addresses = await new Promise<readonly string[]>((resolve, reject) => {
    done = host.serve(stop.signal, { onReady: resolve })
    done.catch(reject)
  })
  return { addresses, stop, done }
}

test('loading opens nothing, starting goes in load order, stopping in reverse', async () => {
  const host = await make([part('web', {}, { after: ['database'] }), part('database'), part('mail')])
  expect(events).toEqual([])
  await host.start()
  await host.start()
  expect(events).toEqual(['database starts', 'web starts', 'mail starts'])
  await host.stop()
  expect(events.slice(3)).toEqual(['mail disposed', 'web disposed', 'database disposed'])
})

test('a plugin that loads into a started host starts at once', async () => {
  const host = await make([part('web'), part('mail')], { config: { plugins: ['web'] } })
  await host.start()
  await host.load('mail')
  expect(events).toEqual(['web starts', 'mail starts'])
})

test('a start waits for the one before it', async () => {
  const slow = part('database', {
    start: () => new Promise((resolve) => setImmediate(() => resolve(void events.push('open')))),
  })
  const host = await make([slow, part('web')])
  await host.start()
  expect(events).toEqual(['database starts', 'open', 'web starts'])
})

const refusing = (): Promise<void> => Promise.reject(new Error('port taken'))

test('with "abort", one that cannot start undoes all, last first', async () => {
  const host = await make([part('a'), part('b', { start: refusing }), part('c')])
  await expect(host.start()).rejects.toMatchObject({
    code: 'PLUGIN_LOAD',
    phase: 'start',
    plugin: 'b',
    cause: { code: 'PLUGIN_FAILED', plugin: 'b' },
  })
  expect(events).toEqual(['a starts', 'b starts', 'c disposed', 'b disposed', 'a disposed'])
  expect(host.plugins.map(({ state }) => state)).toEqual(['off', 'off', 'off'])
})

test('with "disable", one that cannot start is left out with what requires it, with reasons', async () => {
  const host = await make(
    [part('a'), part('b', { start: refusing }), part('c', {}, { requires: { b: '*' } }), part('d')],
    {
      onPluginFailure: 'disable',
    },
  )
  await host.start()
  expect(events).toEqual(['a starts', 'b starts', 'c disposed', 'b disposed', 'd starts'])
  expect(host.plugins.map(({ name, state, error }) => [name, state, error?.message])).toEqual([
    ['a', 'on', undefined],
    ['d', 'on', undefined],
    ['b', 'failed', 'The plugin "b" failed in start(): port taken'],
    ['c', 'skipped', 'The plugin "c" requires "b", which could not be started.'],
  ])
})

test('serving starts first, tells the addresses once all answer, and ends when its signal is aborted', async () => {
  const host = await make([
    part('web', { serve: serving('web', 'http://localhost:1') }),
    part('quiet'),
    part('worker', { serve: serving('worker') }),
  ])
  const { addresses, stop, done } = await serveUntilReady(host)
  expect(addresses).toEqual(['http://localhost:1'])
  expect(events).toEqual(['web starts', 'quiet starts', 'worker starts', 'web serves', 'worker serves'])
  stop.abort()
  await done
  expect(events.slice(5)).toEqual(['web ends', 'worker ends'])
})

test('a host without services serves until it is told to stop', async () => {
  const host = await make([])
  const { addresses, stop, done } = await serveUntilReady(host)
  expect(addresses).toEqual([])
  stop.abort()
  await done
})

test('a service that returns early has nothing to serve, and keeps nobody from being ready', async () => {
  const host = await make([
    part('idle', { serve: () => Promise.resolve() }),
    part('web', { serve: serving('web', 'here') }),
  ])
  const { addresses, stop, done } = await serveUntilReady(host)
  expect(addresses).toEqual(['here'])
  stop.abort()
  await done
})

test.each(['rejects', 'throws'])(
  'a service that %s stops the others, and serving rejects with its name',
  async (how) => {
    const failing: Part['serve'] = (_signal, ready) => {
      ready()
      if (how === 'throws') throw new Error('socket gone')
      return Promise.reject(new Error('socket gone'))
    }
    const host = await make([part('web', { serve: serving('web') }), part('worker', { serve: failing })])
    await expect(host.serve(new AbortController().signal)).rejects.toMatchObject({
      code: 'PLUGIN_FAILED',
      plugin: 'worker',
      message: 'The plugin "worker" failed in serve(): socket gone',
    })
    expect(events).toContain('web ends')
    // The host is still there: it can serve again, or stop.
    expect(host.plugins.map(({ state }) => state)).toEqual(['on', 'on'])
  },
)

test('a service may end by rejecting with why it was told to stop', async () => {
  const abortable: Part['serve'] = async (signal, ready) => {
    ready()
    await aborted(signal)
    signal.throwIfAborted()
  }
  const host = await make([part('web', { serve: abortable })])
  const { stop, done } = await serveUntilReady(host)
  stop.abort()
  await expect(done).resolves.toBeUndefined()
})

test('a service that is loaded while the host serves joins, one that is unloaded leaves first', async () => {
  const plugins = [part('web', { serve: serving('web') }), part('worker', { serve: serving('worker') })]
  const host = await make(plugins, { config: { plugins: ['web'] } })
  const { stop, done } = await serveUntilReady(host)
  await host.load('worker')
  expect(events).toEqual(['web starts', 'web serves', 'worker starts', 'worker serves'])
  await host.unload('worker')
  expect(events.slice(4)).toEqual(['worker ends', 'worker disposed'])
  await host.reload('web')
  expect(events.slice(6)).toEqual(['web ends', 'web disposed', 'web starts', 'web serves'])
  stop.abort()
  await done
})

test('a service that is unloaded before it answers keeps nobody from being ready', async () => {
  const slow: Part['serve'] = (signal) => aborted(signal)
  const host = await make([part('slow', { serve: slow }), part('web', { serve: serving('web', 'here') })])
  const stop = new AbortController()
  let done = Promise.resolve()
  const ready = new Promise<readonly string[]>((resolve) => {
    done = host.serve(stop.signal, { onReady: resolve })
  })
  await host.unload('slow')
  expect(await ready).toEqual(['here'])
  stop.abort()
  await done
})

test('an onReady that throws ends the serving with what it threw', async () => {
  const host = await make([part('web', { serve: serving('web') }), part('quiet')])
  const onReady = (): never => {
    throw new RangeError('nobody listens')
  }
  await expect(host.serve(new AbortController().signal, { onReady })).rejects.toThrow('nobody listens')
  expect(events.at(-1)).toBe('web ends')
})

test('stopping the host ends what it serves before it closes it', async () => {
  const slow: Part['serve'] = async (signal, ready) => {
    ready()
    await aborted(signal)
    await new Promise((resolve) => setImmediate(resolve))
    events.push('last answer sent')
  }
  const host = await make([part('database'), part('web', { serve: slow })])
  const { done } = await serveUntilReady(host)
  events = []
  await host.stop()
  await done
  expect(events).toEqual(['last answer sent', 'web disposed', 'database disposed'])
})

test('stopping before a serve has begun ends that too', async () => {
  const host = await make([part('web', { serve: serving('web') })])
  const done = host.serve(new AbortController().signal)
  await host.stop()
  await done
  expect(events.at(-1)).toBe('web disposed')
})

test('stopping gives up a start that hangs', async () => {
  const host = await make([part('hung', { start: () => new Promise<void>(() => undefined) })])
  const started = host.start().catch((error: unknown) => error)
  await new Promise(setImmediate)
  await host.stop()
  expect(await started).toMatchObject({ code: 'PLUGIN_LOAD', phase: 'start' })
  expect(events.at(-1)).toBe('hung disposed')
})

test('a host serves once at a time', async () => {
  const host = await make([part('web', { serve: serving('web') })])
  const { stop, done } = await serveUntilReady(host)
  await expect(host.serve(stop.signal)).rejects.toMatchObject({ code: 'HOST_SERVING' })
  stop.abort()
  await done
  const again = await serveUntilReady(host)
  again.stop.abort()
  await again.done
})

test('stopping twice is stopping once, and afterwards the host refuses to do anything', async () => {
  const host = await make([part('web')])
  await Promise.all([host.stop(), host.stop()])
  await host.stop()
  await host[Symbol.asyncDispose]()
  expect(events).toEqual(['web disposed'])
  for (const refused of [
    host.load(),
    host.load('web'),
    host.unload('web'),
    host.reload('web'),
    host.start(),
  ]) {
    await expect(refused).rejects.toMatchObject({ code: 'HOST_STOPPED' })
  }
  await expect(host.serve(new AbortController().signal)).rejects.toMatchObject({ code: 'HOST_STOPPED' })
  expect(
    host.implementations({ name: 'x', methods: [], implementedBy: (each): each is object => !!each }),
  ).toEqual([])
})

test('there is one host at a time in a process', async () => {
  const host = await make([])
  await expect(createHost({ config: {}, env: {} })).rejects.toMatchObject({ code: 'HOST_RUNNING' })
  await host.stop()
  await using next = await createHost({ config: {}, env: {} })
  expect(next.config.values.plugins).toEqual([])
})

test('a host that could not be made holds no place', async () => {
  await expect(createHost({ config: { plugins: ['a'], pluginPaths: [''] }, env: {} })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
  await using next = await createHost({ config: {}, env: {} })
  expect(next.problems).toEqual([])
})

test('a resource that cannot be closed, or never is, is told in the log and keeps nothing else open (P13)', async () => {
  const angry = part('angry', {
    dispose: () => {
      throw new Error('busy')
    },
  })
  const plugins = [part('a'), angry, part('hanging', { dispose: () => new Promise(() => {}) }), part('z')]
  const host = await make(plugins, { loadTimeoutMs: 100 })
  await host.stop()
  expect(events).toEqual(['z disposed', 'hanging disposed', 'angry disposed', 'a disposed'])
  expect(
    logger.lines.filter(({ level }) => level === 'error').map(({ fields }) => String(fields['err'])),
  ).toEqual([
    expect.stringContaining('did not finish closing its resources within 100 ms'),
    expect.stringContaining('failed in closing its resources: busy'),
  ])
})

test("a plugin's signal is aborted when it goes, and its resources take nothing after that", async () => {
  const contexts: PluginContext[] = []
  class Keeping {
    static readonly inject = [PluginContext] as const
    constructor(...[context]: Injected<typeof Keeping.inject>) {
      contexts.push(context)
    }
  }
  const host = await make([{ name: 'keeping', plugin: Keeping }])
  await host.unload('keeping')
  expect(contexts[0]?.signal.aborted).toBe(true)
  expect(() => contexts[0]?.resources.defer(() => undefined)).toThrow(ReferenceError)
})

test('what a receiver acquires while its plugin goes is disposed with the rest', async () => {
  const happened = signals.ckanext.signal('services_happened')
  let release = (): void => undefined
  const running = new Promise<void>((resolve) => {
    release = resolve
  })
  class Late {
    static readonly inject = [PluginContext] as const
    readonly #context: PluginContext
    constructor(...[context]: Injected<typeof Late.inject>) {
      this.#context = context
    }
    getSignalSubscriptions(): SubscriptionMap {
      return new SubscriptionMap().on(happened, async () => {
        await running
        this.#context.resources.defer(() => void events.push('late one disposed'))
      })
    }
  }
  const host = await make([{ name: 'late', plugin: Late }], { loadTimeoutMs: 60_000 })
  const sending = happened.sendAsync('x', undefined)
  const stopping = host.stop()
  await new Promise((resolve) => setImmediate(resolve))
  release()
  await Promise.all([sending, stopping])
  expect(events).toEqual(['late one disposed'])
})
