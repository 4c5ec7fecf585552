/** What the compiler accepts and refuses of signals' types. It is compiled by the type check and never run. */
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

import {
  ANY,
  namespace,
  type AnySignal,
  type BySender,
  type Connection,
  type DependsOnSender,
  type Meta,
  type PayloadFor,
  type Receiver,
  type RobustResult,
  type SendResult,
  type Signal,
} from './index.ts'

const shop = namespace('shop')

interface Order {
  readonly id: string
}

class Model {
  readonly table = 'orders'
}

declare const orderPlaced: Signal<'web' | 'pos', Order>
declare const numbered: Signal<number, { readonly n: number }>
declare const saved: Signal<typeof Model, Order>
declare const changed: Signal<Model, Order>
declare const either: Signal<'system' | Model, Order>
declare const unknownSignal: Signal

// A declaration gives the types: literal senders, and the payload of a schema.
{
  const declared = shop.declare('declared', {
    senders: ['web', 'pos'],
    payload: z.object({ id: z.string(), count: z.number().default(1) }),
  })
  expectTypeOf(declared).toEqualTypeOf<Signal<'web' | 'pos', { id: string; count: number }>>()
  expectTypeOf(shop.declare('bare')).toEqualTypeOf<Signal>()
  expectTypeOf(shop.declare('models', { senders: [Model] })).toEqualTypeOf<Signal<typeof Model>>()
  expectTypeOf(shop.declare<number, Order>('explicit', { doc: 'x' })).toEqualTypeOf<Signal<number, Order>>()
  expectTypeOf(shop.signal<'web', Order>('asked')).toEqualTypeOf<Signal<'web', Order>>()

  const annotated: Signal<'web' | 'pos', Order> = shop.declare('annotated', { senders: ['web', 'pos'] })
  expectTypeOf(annotated).toEqualTypeOf<Signal<'web' | 'pos', Order>>()

  // @ts-expect-error one of the senders is not a sender of the annotated signal
  const wrong: Signal<'web' | 'pos', Order> = shop.declare('annotated', { senders: ['web', 'shop'] })
  // @ts-expect-error a schema of another payload than the annotated one
  const other: Signal<'web', Order> = shop.declare('other', { payload: z.object({ n: z.number() }) })
  // @ts-expect-error an option that does not exist
  shop.declare('typo', { docs: 'x' })
  void [wrong, other]
}

// A receiver sees the sender and payload of its signal; a literal sender narrows it.
orderPlaced.connect((sender, payload, meta) => {
  expectTypeOf(sender).toEqualTypeOf<'web' | 'pos'>()
  expectTypeOf(payload).toEqualTypeOf<Order>()
  expectTypeOf(meta).toEqualTypeOf<Meta | undefined>()
})
orderPlaced.connect(
  (sender) => {
    expectTypeOf(sender).toEqualTypeOf<'web'>()
  },
  { sender: 'web' },
)
numbered.connect(
  (sender) => {
    expectTypeOf(sender).toEqualTypeOf<10>()
  },
  { sender: 10 },
)
saved.connect((sender) => expectTypeOf(sender).toEqualTypeOf<typeof Model>(), { sender: Model })
changed.connect((sender) => expectTypeOf(sender).toEqualTypeOf<Model>(), { sender: new Model() })
either.connect((sender) => expectTypeOf(sender).toEqualTypeOf<'system'>(), { sender: 'system' })
orderPlaced.connectVia('pos')((sender) => expectTypeOf(sender).toEqualTypeOf<'pos'>())
orderPlaced.connect((sender) => expectTypeOf(sender).toEqualTypeOf<'web' | 'pos'>(), { sender: ANY })

// Receivers of less are receivers.
orderPlaced.connect(() => {})
orderPlaced.connect((sender: string) => sender)
orderPlaced.connect((_sender: unknown, payload: { readonly id: string | number }) => payload)
orderPlaced.connect(async () => Promise.resolve())
orderPlaced.connect((sender: 'web') => sender, { sender: 'web' })

// @ts-expect-error a sender that this signal does not have
orderPlaced.connect(() => {}, { sender: 'shop' })
// @ts-expect-error a receiver of one sender needs the filter for it
orderPlaced.connect((sender: 'web') => sender)
// @ts-expect-error a receiver of one sender with the filter for another
orderPlaced.connect((sender: 'web') => sender, { sender: 'pos' })
// @ts-expect-error a receiver of another payload
orderPlaced.connect((_sender, payload: { readonly n: number }) => payload)
// @ts-expect-error a receiver that needs more arguments than there are
orderPlaced.connect((_sender, _payload, _meta, more: string) => more)
// @ts-expect-error not a function
orderPlaced.connect('receive')
// @ts-expect-error an option that does not exist
orderPlaced.connect(() => {}, { prority: 1 })
// @ts-expect-error an instance is not its class
saved.connect(() => {}, { sender: new Model() })
// @ts-expect-error a class is not an instance of it
changed.connect(() => {}, { sender: Model })
// @ts-expect-error a number for a signal that texts send
orderPlaced.connectVia(5)
// @ts-expect-error a sender beside the one that is the argument
orderPlaced.connectVia('web', { sender: 'web' })

// Sends take the signal's own sender and payload.
expectTypeOf(orderPlaced.send('web', { id: '1' })).toEqualTypeOf<SendResult<'web' | 'pos', Order>>()
expectTypeOf(orderPlaced.sendAsync('web', { id: '1' })).toEqualTypeOf<
  Promise<SendResult<'web' | 'pos', Order>>
>()
expectTypeOf(orderPlaced.sendRobust('web', { id: '1' })).toEqualTypeOf<RobustResult<'web' | 'pos', Order>[]>()
expectTypeOf(orderPlaced.notify('web', { id: '1' })).toEqualTypeOf<void>()
void orderPlaced.sendAsync('web', { id: '1' }, { timeoutMs: 5, signal: new AbortController().signal })

// @ts-expect-error a sender that this signal does not have
orderPlaced.send('shop', { id: '1' })
// @ts-expect-error a payload without its field
orderPlaced.send('web', {})
// @ts-expect-error a payload with a field of another type
orderPlaced.notify('web', { id: 1 })
// @ts-expect-error no payload at all
orderPlaced.sendRobust('web')
// @ts-expect-error a synchronous send has no options
orderPlaced.send('web', { id: '1' }, { timeoutMs: 5 })

// What a robust send returns is told apart by its status.
for (const result of orderPlaced.sendRobust('web', { id: '1' })) {
  if (result.status === 'rejected') expectTypeOf(result.reason).toEqualTypeOf<unknown>()
  // @ts-expect-error only what is fulfilled has a value
  else void result.reason
}

// Every signal is one whose types are not known, and that can be asked but neither sent nor connected to.
const signals: AnySignal[] = [orderPlaced, numbered, saved, changed, unknownSignal]
for (const signal of signals) {
  expectTypeOf(signal.hasReceivers).toEqualTypeOf<boolean>()
  signal.disconnect((sender: string) => sender)
  signal.disconnect({ dispatchUid: 'one' }, { sender: 'web' })
  // @ts-expect-error nothing is known of what it sends
  signal.send('web', {})
  // @ts-expect-error nothing is known of what it sends
  signal.connect(() => {})
}
// @ts-expect-error neither a receiver nor a uid
orderPlaced.disconnect('one')

// @ts-expect-error a signal of some senders is not one of more: its receivers would hear from "shop"
const wider: Signal<'web' | 'pos' | 'shop', Order> = orderPlaced
void wider

// Temporary connections and mutes return what their body returns, or something to dispose.
expectTypeOf(orderPlaced.connectedTo(() => {})).toEqualTypeOf<Connection>()
expectTypeOf(
  orderPlaced.connectedTo(
    () => {},
    {},
    () => 5,
  ),
).toEqualTypeOf<number>()
expectTypeOf(
  orderPlaced.connectedTo(
    () => {},
    {},
    async () => Promise.resolve(5),
  ),
).toEqualTypeOf<Promise<number>>()
expectTypeOf(orderPlaced.muted()).toEqualTypeOf<Disposable>()
expectTypeOf(orderPlaced.muted(() => 'x')).toEqualTypeOf<string>()

// The meta-signals and the namespace's events are typed too.
orderPlaced.receiverConnected.connect((signal, { receiver, weak }) => {
  expectTypeOf(signal).toEqualTypeOf<AnySignal>()
  expectTypeOf(receiver).toExtend<Receiver<never, never>>()
  expectTypeOf(weak).toEqualTypeOf<boolean>()
})
shop.events.on('sent', ({ method, durationMs }) => {
  expectTypeOf(method).toEqualTypeOf<'send' | 'sendAsync' | 'sendRobust' | 'sendRobustAsync' | 'notify'>()
  expectTypeOf(durationMs).toEqualTypeOf<number>()
})
// @ts-expect-error an event that does not exist
shop.events.on('send', () => {})
// @ts-expect-error only the namespace tells
shop.events.emit('declared', { signal: orderPlaced })

// A payload that depends on its sender is that of the sender asked for.
{
  interface Shelf<T> {
    readonly things: readonly T[]
  }
  interface Taken<T> {
    readonly thing: T
  }
  interface TakenOf extends BySender {
    readonly payload: Taken<this['sender'] extends Shelf<infer T> ? T : unknown>
  }
  const taken: Signal<Shelf<unknown>, DependsOnSender<Taken<unknown>, TakenOf>> = shop.declare('taken')
  const orders: Shelf<Order> = { things: [{ id: 'o-1' }] }

  taken.connect((_shelf, { thing }) => expectTypeOf(thing).toEqualTypeOf<Order>(), { sender: orders })
  taken.connectVia(orders)((_shelf, { thing }) => expectTypeOf(thing).toEqualTypeOf<Order>())
  taken.connectedTo((_shelf, { thing }) => expectTypeOf(thing).toEqualTypeOf<Order>(), { sender: orders })
  taken.connect((_shelf, { thing }) => expectTypeOf(thing).toEqualTypeOf<unknown>())
  taken.connect((_shelf, { thing }: Taken<Order>) => thing.id, { sender: orders })
  taken.send(orders, { thing: { id: 'o-1' } })
  // @ts-expect-error without a sender it may be any shelf's
  taken.connect((_shelf, { thing }: Taken<Order>) => thing.id)
  // @ts-expect-error an order has no property "total"
  taken.connect((_shelf, { thing }) => thing.total, { sender: orders })
  // @ts-expect-error a payload without its thing
  taken.send(orders, {})

  // Any other payload is what it is.
  expectTypeOf<PayloadFor<Order, 'web'>>().toEqualTypeOf<Order>()
  expectTypeOf<PayloadFor<string, 'web'>>().toEqualTypeOf<string>()
  expectTypeOf<PayloadFor<undefined, 'web'>>().toEqualTypeOf<undefined>()
  expectTypeOf<PayloadFor<unknown, 'web'>>().toEqualTypeOf<unknown>()
  expectTypeOf<PayloadFor<Record<string, number>, 'web'>>().toEqualTypeOf<Record<string, number>>()
}
