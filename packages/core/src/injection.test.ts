/**
 * What a plugin is given: its context, its settings, the services of others, classes built for it.
 */
import 'reflect-metadata'
import { inject, injectable } from 'tsyringe'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'

import {
  createHost,
  defineInterface,
  defineToken,
  Host,
  PluginContext,
  settingsOf,
  type Command,
  type HostOptions,
  type Injected,
  type Interface,
  type PluginDefinition,
} from './index.ts'
import { MemoryLogger } from './testing.ts'

interface Mailer {
  send(to: string): string
}
const Mailer = defineToken<Mailer>('injection_test:Mailer')
const Unknown = defineToken<object>('injection_test:Unknown')

interface IShow {
  show(): unknown
}
const IShow: Interface<IShow> = defineInterface('injection_test:IShow', ['show'])

let host: Host | undefined
let logger = new MemoryLogger()

afterEach(async () => {
  await host?.stop()
  host = undefined
  logger = new MemoryLogger()
})

async function load(plugins: PluginDefinition[], config: HostOptions['config'] & object = {}): Promise<Host> {
  host = await createHost({
    config: { plugins: plugins.map(({ name }) => name), ...config },
    env: {},
    plugins,
    logger,
  })
  await host.load()
  return host
}

const shown = (host: Host): unknown[] => host.implementations(IShow).map(({ plugin }) => plugin.show())

let made = 0

/** Provides a mailer. */
class Mail {
  static readonly inject = [PluginContext] as const
  constructor(...[context]: Injected<typeof Mail.inject>) {
    context.provide(Mailer, () => {
      made++
      return { send: (to) => `${context.name} to ${to}` }
    })
  }
}

class Welcome {
  static readonly inject = [PluginContext, Mailer] as const
  readonly #parts: Injected<typeof Welcome.inject>
  constructor(...parts: Injected<typeof Welcome.inject>) {
    this.#parts = parts
  }
  show(): string {
    const [context, mailer] = this.#parts
    return `${context.name}: ${mailer.send('ada')}`
  }
}

test('a plugin gets what its inject list names: a service that another provides, made once', async () => {
  made = 0
  const welcome = (name: string): PluginDefinition => ({ name, plugin: Welcome, requires: { mail: '*' } })
  const host = await load([welcome('one'), welcome('two'), { name: 'mail', plugin: Mail }])
  expect(shown(host)).toEqual(['one: mail to ada', 'two: mail to ada'])
  expect(host.resolve(Mailer).send('bob')).toBe('mail to bob')
  expect(made).toBe(1)
})

test('a service is found later too, from the context, and gone with who provided it', async () => {
  class Lazy {
    static readonly inject = [PluginContext] as const
    readonly #context: PluginContext
    constructor(...[context]: Injected<typeof Lazy.inject>) {
      this.#context = context
    }
    show(): string {
      return this.#context.resolve(Mailer).send('ada')
    }
  }
  const host = await load([
    { name: 'lazy', plugin: Lazy },
    { name: 'mail', plugin: Mail },
  ])
  expect(shown(host)).toEqual(['mail to ada'])
  await host.unload('mail')
  expect(() => shown(host)).toThrow(
    'No loaded plugin provides "injection_test:Mailer", which the plugin "lazy" asks for',
  )
  await host.load('mail')
  expect(shown(host)).toEqual(['mail to ada'])
})

test('a service that nobody provides, or that is provided later, is told by name', async () => {
  await expect(
    load([
      { name: 'welcome', plugin: Welcome },
      { name: 'mail', plugin: Mail },
    ]),
  ).rejects.toMatchObject({
    plugin: 'welcome',
    cause: { code: 'SERVICE_NOT_PROVIDED', service: 'injection_test:Mailer' },
  })
  expect(() => host?.resolve(Unknown)).toThrow(expect.objectContaining({ code: 'SERVICE_NOT_PROVIDED' }))
})

test('a service that two plugins provide is a conflict that names both', async () => {
  const plugins = [
    { name: 'mail', plugin: Mail },
    { name: 'post', plugin: Mail },
  ]
  await expect(load(plugins)).rejects.toMatchObject({
    plugin: 'post',
    phase: 'construct',
    cause: { code: 'PLUGIN_CONFLICT', plugins: ['mail', 'post'] },
  })
})

test('the host itself can be injected', async () => {
  class Shower {
    static readonly inject = [Host] as const
    readonly #host: Host
    constructor(...[host]: Injected<typeof Shower.inject>) {
      this.#host = host
    }
    show(): Host {
      return this.#host
    }
  }
  const host = await load([{ name: 'shower', plugin: Shower }])
  expect(shown(host)).toEqual([host])
})

/** A class that the container builds: it needs nothing. */
class Clock {
  readonly started = 7
}

/** Decorators called as functions: what a compiler makes of `@injectable()` and `@inject(…)`. */
class Decorated {
  readonly context: PluginContext
  readonly mailer: Mailer
  readonly clock: Clock
  constructor(context: PluginContext, mailer: Mailer, clock: Clock) {
    this.context = context
    this.mailer = mailer
    this.clock = clock
  }
  show(): string {
    return `${this.context.name} ${this.mailer.send('ada')} ${this.clock.started}`
  }
}
inject(PluginContext.key)(Decorated, undefined, 0)
inject(Mailer.key)(Decorated, undefined, 1)
inject(Clock)(Decorated, undefined, 2)
injectable()(Decorated)

test("a plugin class with the container's own decorators is built, each in a container of its own", async () => {
  const host = await load([
    { name: 'mail', plugin: Mail },
    { name: 'one', plugin: Decorated },
    { name: 'two', plugin: Decorated },
  ])
  expect(shown(host)).toEqual(['one mail to ada 7', 'two mail to ada 7'])
})

test('a decorated class asks for a service by its token whenever it came to be provided', async () => {
  const host = await load([
    { name: 'mail', plugin: Mail },
    { name: 'one', plugin: Decorated },
  ])
  await host.unload('one')
  await host.unload('mail')
  await expect(host.load('one')).rejects.toMatchObject({ plugin: 'one', cause: { code: 'PLUGIN_FAILED' } })
  await host.load('mail')
  await host.load('one')
  expect(shown(host)).toEqual(['one mail to ada 7'])
})

test('a decorated class is given a service that came after the container was first used', async () => {
  const late = defineToken<string>('injection_test:late')
  class Late {
    readonly text: string
    constructor(text: string) {
      this.text = text
    }
  }
  inject(late.key)(Late, undefined, 0)
  injectable()(Late)
  class Provider {
    static readonly inject = [PluginContext] as const
    constructor(...[context]: Injected<typeof Provider.inject>) {
      context.resolve(Clock)
      context.provide(late, () => 'provided')
    }
  }
  const host = await load([{ name: 'provider', plugin: Provider }])
  expect(host.resolve(Late).text).toBe('provided')
})

test('classes can be listed and resolved as well as tokens', async () => {
  class Timed {
    static readonly inject = [Clock, PluginContext] as const
    readonly #parts: Injected<typeof Timed.inject>
    constructor(...parts: Injected<typeof Timed.inject>) {
      this.#parts = parts
    }
    show(): unknown {
      const [clock, context] = this.#parts
      return [clock.started, context.resolve(Clock) instanceof Clock]
    }
  }
  const host = await load([{ name: 'timed', plugin: Timed }])
  expect(shown(host)).toEqual([[7, true]])
  expect(host.resolve(Clock).started).toBe(7)
})

test('a constructor that takes parameters and lists none is told what to write', async () => {
  class Wanting {
    readonly context: unknown
    constructor(context: unknown) {
      this.context = context
    }
  }
  await expect(load([{ name: 'wanting', plugin: Wanting }])).rejects.toThrow(
    'list them in "static readonly inject',
  )
})

test.each([[['text']], [[null]], ['PluginContext'], [{}]])(
  'an inject list of %j is refused',
  async (list) => {
    class Wrong {
      static readonly inject = list
    }
    await expect(load([{ name: 'wrong', plugin: Wrong }])).rejects.toThrow('must list tokens and classes')
  },
)

test('a plugin that throws while it is made is named, with what it threw as the cause', async () => {
  class Broken {
    constructor() {
      throw new RangeError('no licence')
    }
  }
  await expect(load([{ name: 'broken', plugin: Broken }])).rejects.toMatchObject({
    plugin: 'broken',
    phase: 'construct',
    cause: { code: 'PLUGIN_FAILED', cause: { name: 'RangeError' } },
  })
})

test('a finished object is taken as it is', async () => {
  const plugin = { settings: 'of its own', show: () => 'here' }
  const host = await load([{ name: 'object', plugin }])
  expect(host.implementations(IShow)[0]?.plugin).toBe(plugin)
})

test('the logger of a plugin says whose line it is', async () => {
  class Talking {
    static readonly inject = [PluginContext] as const
    constructor(...[context]: Injected<typeof Talking.inject>) {
      context.logger.info({ left: 3 }, 'ready')
    }
  }
  await load([{ name: 'talking', plugin: Talking }])
  expect(logger.lines).toContainEqual({
    level: 'info',
    fields: { plugin: 'talking', left: 3 },
    message: 'ready',
  })
})

// Settings

const schema = z.object({ port: z.number().int().default(25), tls: z.object({ on: z.boolean() }).optional() })

class Configured {
  static readonly settings = schema
  static readonly inject = [PluginContext, settingsOf(schema)] as const
  readonly #parts: Injected<typeof Configured.inject>
  constructor(...parts: Injected<typeof Configured.inject>) {
    this.#parts = parts
  }
  show(): unknown {
    const [context, settings] = this.#parts
    return [settings.port, context.settings === settings]
  }
}
const configured = { name: 'mail', plugin: Configured }

test('settings are what the schema makes of them, before the plugin is made', async () => {
  const host = await load([configured])
  expect(shown(host)).toEqual([[25, true]])
  expect(host.plugins[0]?.settings).toBe(schema)
  await host.stop()
  expect(shown(await load([configured], { settings: { mail: { port: 587 } } }))).toEqual([[587, true]])
})

test('all that is wrong with settings is told, with where it comes from and what was probably meant', async () => {
  const settings = { mail: { prot: 1, port: 'x', tls: { on: 1 } } }
  const error: unknown = await load([configured], { settings }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    plugin: 'mail',
    phase: 'construct',
    cause: {
      code: 'PLUGIN_SETTINGS_INVALID',
      problems: [
        'given  settings.mail.prot: unknown key. Did you mean "port"?',
        expect.stringMatching(/^given {2}settings\.mail\.port: .*expected number/),
        expect.stringMatching(/^given {2}settings\.mail\.tls\.on: .*expected boolean/),
      ],
    },
  })
})

test('a strict schema says of an unknown key no more than a plain one', async () => {
  class Strict {
    static readonly settings = z.strictObject({ port: z.number().optional() })
  }
  await expect(
    load([{ name: 'mail', plugin: Strict }], { settings: { mail: { prot: 1 } } }),
  ).rejects.toMatchObject({
    cause: { problems: ['given  settings.mail.prot: unknown key. Did you mean "port"?'] },
  })
})

test('settings for a plugin that has none are refused', async () => {
  await expect(
    load([{ name: 'mail', plugin: Mail }], { settings: { mail: { port: 1 } } }),
  ).rejects.toMatchObject({
    cause: {
      code: 'PLUGIN_SETTINGS_INVALID',
      problems: ['given  settings.mail.port: the plugin has no settings.'],
    },
  })
  await host?.stop()
  await load([{ name: 'mail', plugin: Mail }], { settings: { mail: {} } })
})

test.each([
  [{ port: 25 }, 'must be a schema'],
  [z.object({}).refine(() => Promise.resolve(true)), 'synchronous'],
])('settings that are no schema, or one that takes its time, are refused', async (settings, message) => {
  class Wrong {
    static readonly settings = settings
  }
  await expect(load([{ name: 'wrong', plugin: Wrong }], { settings: { wrong: {} } })).rejects.toThrow(message)
})

// Commands

const command = (name: string): Command => ({ name, description: '', needs: 'load', run: () => 0 })
const commanding = (name: string, ...commands: unknown[]): PluginDefinition => ({
  name,
  plugin: { getCommands: () => commands },
})

test("commands of plugins are the host's, and two of one name are a conflict that names both owners", async () => {
  const host = await load([commanding('a', command('user create')), commanding('b', command('stock'))])
  expect(host.commands.map(({ name }) => name)).toEqual(['user create', 'stock'])
  expect(host.plugins.map(({ commands }) => commands)).toEqual([['user create'], ['stock']])
  await host.stop()

  await expect(
    load([commanding('a', command('stock')), commanding('b', command('stock'))]),
  ).rejects.toMatchObject({
    plugin: 'b',
    phase: 'collect',
    cause: {
      code: 'PLUGIN_CONFLICT',
      plugins: ['a', 'b'],
      message: expect.stringContaining('"stock"') as unknown,
    },
  })
})

test.each([
  [undefined, 'is not the name of a command'],
  [{ name: 'Stock' }, 'is not the name of a command'],
  [{ name: 'a b c', run: () => 0 }, 'is not the name of a command'],
  [{ name: 'stock' }, 'has no function "run"'],
])('a command %j is refused', async (wrong, message) => {
  await expect(load([commanding('a', wrong)])).rejects.toThrow(message)
})

test('what a plugin that failed had provided, another can provide in the same load', async () => {
  class BrokenMail extends Mail {
    constructor(...parts: Injected<typeof Mail.inject>) {
      super(...parts)
      throw new Error('broken after providing')
    }
  }
  const host = await load(
    [
      { name: 'broken', plugin: BrokenMail },
      { name: 'mail', plugin: Mail },
    ],
    { plugins: ['broken', 'mail'], onPluginFailure: 'disable' },
  )

  expect(host.plugins.map(({ name, state }) => `${name} ${state}`)).toEqual(['mail on', 'broken failed'])
  expect(host.resolve(Mailer).send('ada')).toBe('mail to ada')
})

test('a plugin that is gone can provide nothing, and so loads again', async () => {
  let provide = (): void => undefined
  class Keeper {
    static readonly inject = [PluginContext] as const
    constructor(...[context]: Injected<typeof Keeper.inject>) {
      provide = () => context.provide(Unknown, () => ({}))
    }
  }
  const host = await load([{ name: 'keeper', plugin: Keeper }])
  await host.unload('keeper')

  expect(provide).toThrow('aborted')
  await host.load('keeper')
  expect(host.plugins[0]).toMatchObject({ name: 'keeper', state: 'on' })
})
