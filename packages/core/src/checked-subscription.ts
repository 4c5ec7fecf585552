import { ANY, type AnySignal, type Connection, type Meta, type Receiver } from '@aldis/signals'
import { connectForHost } from '@aldis/signals/host'

import { INLINE } from './delivery.ts'
import { nestedCall } from './nesting.ts'
import type { BoundSubscription } from './subscription.ts'

/** What a subscription needs of the plugin that asked for it. */
export interface Subscriber {
  readonly name: string
  /** Call `receiver` as the plugin's. */
  call(receiver: Receiver, sender: unknown, payload: unknown, meta: Meta | undefined): unknown
}

/** What is in a subscription once it is checked. */
type Checked = Omit<BoundSubscription, 'plugin' | 'receiver' | 'call'> & { readonly receiver: Receiver }

/** A subscription that has been checked, ready to be connected. */
export class CheckedSubscription implements BoundSubscription {
  #connection: Connection | undefined
  readonly plugin: string
  readonly id: string
  readonly signal: AnySignal
  readonly receiver: Receiver
  readonly filtered: boolean
  readonly sender: unknown
  readonly delivery: string
  readonly priority: number
  readonly options: Readonly<Record<string, unknown>>
  /** The key among the connections of its signal. */
  readonly dispatchUid: string
  readonly call: (sender: unknown, payload: unknown, meta?: Meta) => unknown

  constructor(subscriber: Subscriber, checked: Checked) {
    const { receiver, signal } = checked
    this.plugin = subscriber.name
    this.id = checked.id
    this.signal = signal
    this.receiver = receiver
    this.filtered = checked.filtered
    this.sender = checked.sender
    this.delivery = checked.delivery
    this.priority = checked.priority
    this.options = checked.options
    this.dispatchUid = `${subscriber.name}:${checked.id}`
    // Inline calls are nested in their send already.
    this.call =
      checked.delivery === INLINE
        ? (sender, payload, meta) => subscriber.call(receiver, sender, payload, meta)
        : (sender, payload, meta) =>
            nestedCall(signal, () => subscriber.call(receiver, sender, payload, meta))
  }

  disconnect(): void {
    const connection = this.#connection
    this.#connection = undefined
    connection?.disconnect()
  }

  /** Connect it to its signal. */
  connect(): void {
    const { signal, receiver, filtered, sender, dispatchUid, priority, delivery, call } = this
    this.#connection = connectForHost(signal, receiver, {
      sender: filtered ? sender : ANY,
      dispatchUid,
      priority,
      delivery,
      invoke: call,
    })
  }
}
