/**
 * What the compiler lets a plugin subscribe to. It reads this file; nothing runs it.
 */
import { ANY, namespace, type Signal } from '@aldis/signals'
import { expectTypeOf } from 'vitest'

import {
  defineInterface,
  defineToken,
  PluginContext,
  settingsOf,
  signals,
  SubscriptionMap,
  type Application,
  type Injected,
  type Interface,
  type ISignal,
  type Token,
} from './index.ts'

interface Placed {
  readonly id: string
}
class Model {
  readonly table = 'models'
}
class User extends Model {
  readonly role = 'user'
}
class Order extends Model {
  readonly total = 1
}

const shop = namespace('types')
const literals: Signal<'web' | 'pos', Placed> = shop.declare('literals', { senders: ['web', 'pos'] })
const strings = shop.signal<string, Placed>('strings')
const numbers = shop.signal<number>('numbers')
const digits = shop.signal<1 | 2 | 3, Placed>('digits')
const classes = shop.signal<typeof User | typeof Order, Placed>('classes')
const instances = shop.signal<User, Placed>('instances')
const mixed = shop.signal<'web' | User | 0 | undefined, Placed>('mixed')
const anything = shop.signal('anything')

const map = new SubscriptionMap()

// Literals

map.on(literals, (sender, payload) => {
  expectTypeOf<typeof sender>().toEqualTypeOf<'web' | 'pos'>()
  expectTypeOf<typeof payload>().toEqualTypeOf<Placed>()
})
map.on(
  literals,
  (sender, payload, meta) => {
    expectTypeOf<typeof sender>().toEqualTypeOf<'web'>()
    expectTypeOf<typeof payload>().toEqualTypeOf<Placed>()
    // Deliveries add to it by declaration merging.
    expectTypeOf<NonNullable<typeof meta>['signal']>().toEqualTypeOf<AbortSignal>()
    expectTypeOf<undefined>().toExtend<typeof meta>()
  },
  { sender: 'web' },
)
map.on(literals, (sender: 'web' | 'pos') => sender)
map.on(literals, (sender: string) => sender)
map.on(literals, () => undefined)
map.on(literals, async (_sender, { id }) => id)
map.on(literals, (sender: 'web') => sender, { sender: 'web' })
// @ts-expect-error "phone" is no sender of this signal
map.on(literals, () => undefined, { sender: 'phone' })
// @ts-expect-error a receiver for one sender does not hear all of them
map.on(literals, (sender: 'web') => sender)
// @ts-expect-error a receiver for one sender does not hear another
map.on(literals, (sender: 'web') => sender, { sender: 'pos' })
// @ts-expect-error the payload has no property "total"
map.on(literals, (_sender, { total }) => total)
// @ts-expect-error the payload is another
map.on(literals, (_sender, payload: { readonly total: number }) => payload)
// @ts-expect-error a payload is not to be changed
map.on(literals, (_sender, payload) => (payload.id = 'other'))

// Strings

map.on(strings, (sender) => {
  expectTypeOf<typeof sender>().toEqualTypeOf<string>()
})
map.on(
  strings,
  (sender) => {
    expectTypeOf<typeof sender>().toEqualTypeOf<'ada'>()
  },
  { sender: 'ada' },
)
// @ts-expect-error a number is no sender of this signal
map.on(strings, () => undefined, { sender: 7 })

// Numbers

map.on(numbers, (sender, payload) => {
  expectTypeOf<typeof sender>().toEqualTypeOf<number>()
  expectTypeOf<typeof payload>().toEqualTypeOf<unknown>()
})
map.on(
  numbers,
  (sender) => {
    expectTypeOf<typeof sender>().toEqualTypeOf<10>()
  },
  { sender: 10 },
)
map.on(numbers, (sender: number) => sender * 2, { sender: 10 })
map.on(
  digits,
  (sender) => {
    expectTypeOf<typeof sender>().toEqualTypeOf<2>()
  },
  { sender: 2 },
)
// @ts-expect-error a string is no sender of this signal
map.on(numbers, () => undefined, { sender: '10' })
// @ts-expect-error 4 is no sender of this signal
map.on(digits, () => undefined, { sender: 4 })
// @ts-expect-error a receiver of strings does not hear numbers
map.on(numbers, (sender: string) => sender)

// Classes

map.on(classes, (sender) => {
  expectTypeOf<typeof sender>().toEqualTypeOf<typeof User | typeof Order>()
})
map.on(
  classes,
  (sender) => {
    expectTypeOf<typeof sender>().toEqualTypeOf<typeof User>()
  },
  { sender: User },
)
map.on(classes, (sender: typeof Order) => new sender().total, { sender: Order })
// @ts-expect-error another class is no sender of this signal
map.on(classes, () => undefined, { sender: Date })
// @ts-expect-error an instance is not its class
map.on(classes, () => undefined, { sender: new User() })
// @ts-expect-error a receiver for one class does not hear another
map.on(classes, (sender: typeof User) => sender, { sender: Order })

// Instances

map.on(instances, (sender) => {
  expectTypeOf<typeof sender>().toEqualTypeOf<User>()
})
map.on(instances, (sender: Model) => sender.table)
map.on(instances, (sender) => sender.role, { sender: new User() })
// @ts-expect-error an order is no sender of this signal
map.on(instances, () => undefined, { sender: new Order() })
// @ts-expect-error a class is not its instance
map.on(instances, () => undefined, { sender: User })
// @ts-expect-error a receiver of orders does not hear users
map.on(instances, (sender: Order) => sender.total)

// Unions

map.on(mixed, (sender) => {
  expectTypeOf<typeof sender>().toEqualTypeOf<'web' | User | 0 | undefined>()
})
map.on(
  mixed,
  (sender) => {
    expectTypeOf<typeof sender>().toEqualTypeOf<0>()
  },
  { sender: 0 },
)
map.on(mixed, (sender: User | 'web' | 0 | undefined) => sender, { sender: 'web' })
// @ts-expect-error 1 is no sender of this signal
map.on(mixed, () => undefined, { sender: 1 })

// Undeclared, and the core signals

map.on(anything, (sender, payload) => {
  expectTypeOf<typeof sender>().toEqualTypeOf<unknown>()
  expectTypeOf<typeof payload>().toEqualTypeOf<unknown>()
})
map.on(anything, () => undefined, { sender: Symbol('any') })
map.on(signals.requestFinished, (app, { response }) => {
  expectTypeOf<typeof app>().toEqualTypeOf<Application>()
  expectTypeOf<typeof response.statusCode>().toEqualTypeOf<number>()
})
map.on(signals.registerBlueprint, (kind) => kind, { sender: 'dataset' })
map.on(signals.actionSucceed, (action) => action, {
  sender: 'package_create',
  delivery: 'commit',
  timeoutMs: 5,
})
// @ts-expect-error "datasets" is no sender of this signal
map.on(signals.registerBlueprint, () => undefined, { sender: 'datasets' })
// @ts-expect-error a user has no password here
map.on(signals.userCreated, (_name, { user }) => user.password)

// Options

map.on(strings, () => undefined, { id: 'main', priority: 5, delivery: 'inline' })
map.on(strings, () => undefined, {}).on(numbers, () => undefined)
expectTypeOf<ReturnType<typeof map.on>>().toEqualTypeOf<SubscriptionMap>()
// @ts-expect-error there is no delivery of that name
map.on(strings, () => undefined, { delivery: 'comit' })
// @ts-expect-error a priority is a number
map.on(strings, () => undefined, { priority: 'high' })
// @ts-expect-error only the delivery "commit" has a time limit
map.on(strings, () => undefined, { delivery: 'inline', timeoutMs: 5 })
// @ts-expect-error there is no such option
map.on(strings, () => undefined, { weak: true })
// @ts-expect-error a signal is not its name
map.on('request_finished', () => undefined)
// @ts-expect-error a receiver is a function
map.on(strings, 'hear')
// @ts-expect-error "any sender" is what leaving the key out means
map.on(strings, () => undefined, { sender: ANY })

// What a plugin may return

const filled = (): SubscriptionMap => new SubscriptionMap().on(strings, () => undefined)
const plain = [[strings, [() => undefined, { receiver: (n: number) => n, sender: 10 }]]] as const
export const returning: ISignal[] = [
  { getSignalSubscriptions: filled },
  { getSignalSubscriptions: () => plain },
  // @ts-expect-error a promise of subscriptions is none
  { getSignalSubscriptions: async () => filled() },
  // @ts-expect-error a signal is not its name
  { getSignalSubscriptions: () => [['request_finished', [() => undefined]]] },
]

// Injection

interface Mailer {
  send(to: string): void
}
const Mailer = defineToken<Mailer>('types:Mailer')
expectTypeOf<typeof Mailer>().toEqualTypeOf<Token<Mailer>>()

const schema = {
  '~standard': {
    version: 1,
    vendor: 'types',
    validate: (value: unknown) => ({ value: { port: Number(value) } }),
  },
} as const

const list = [PluginContext, Mailer, User, settingsOf(schema)] as const
expectTypeOf<Injected<typeof list>>().toEqualTypeOf<[PluginContext, Mailer, User, { port: number }]>()
expectTypeOf<Injected<readonly []>>().toEqualTypeOf<[]>()
// @ts-expect-error text is nothing that can be injected
type Wrong = Injected<readonly ['text']>
export type { Wrong }

export class Welcome {
  static readonly inject = [PluginContext, Mailer] as const
  constructor(...[context, mailer]: Injected<typeof Welcome.inject>) {
    expectTypeOf<typeof context>().toEqualTypeOf<PluginContext>()
    expectTypeOf<typeof mailer>().toEqualTypeOf<Mailer>()
    expectTypeOf<ReturnType<typeof context.resolve<Mailer>>>().toEqualTypeOf<Mailer>()
    context.provide(Mailer, () => mailer)
    // @ts-expect-error a number is no mailer
    context.provide(Mailer, () => 7)
  }
}

// Interfaces

interface IPrices {
  getPrices(): ReadonlyMap<string, number>
}
const IPrices: Interface<IPrices> = defineInterface('types:IPrices', ['getPrices'])
// @ts-expect-error an interface names methods that its type has
defineInterface<IPrices>('types:IPrices', ['getPrice'])

export function pricesOf(plugin: object): unknown {
  if (!IPrices.implementedBy(plugin)) {
    // @ts-expect-error not every plugin has prices
    const prices: IPrices = plugin
    return prices
  }
  expectTypeOf<ReturnType<typeof plugin.getPrices>>().toEqualTypeOf<ReadonlyMap<string, number>>()
  return plugin.getPrices()
}
