import type { AnySignal, SendAsyncOptions } from '@aldis/signals'
import type { SendMethod } from '@aldis/signals/host'
import type { StandardSchemaV1 } from '@standard-schema/spec'

import type { BoundSubscription } from './subscription.ts'

/** The delivery of what a send calls itself, at once. */
export const INLINE = 'inline'

/** A send that reaches subscriptions of one delivery. */
export interface DeliverySend {
  readonly signal: AnySignal
  readonly sender: unknown
  readonly payload: unknown
  readonly method: SendMethod
  readonly options: SendAsyncOptions
  /** The matching subscriptions of this delivery, in call order. */
  readonly subscriptions: readonly BoundSubscription[]
  /** False once the plugin is unloaded: look before a call that comes later. */
  isConnected(subscription: BoundSubscription): boolean
}

/**
 * When receivers are called, other than at once. A plugin registers one
 * through {@link IDeliveries}; subscriptions ask for it by name.
 */
export interface Delivery {
  readonly name: string
  /** The schema of a subscription's own options; its output is `BoundSubscription.options`. */
  readonly options: StandardSchemaV1<unknown, Record<string, unknown>>
  /** Why a subscription cannot have this delivery, when it cannot. Asked at load. */
  refuse?(subscription: BoundSubscription): string | undefined
  /** Serve a synchronous send: run `inline` once, and see to the subscriptions. Throw before `inline` to refuse the send. */
  send<R>(send: DeliverySend, inline: () => R): R
  /** Serve an asynchronous send; the sender awaits the result. */
  sendAsync<R>(send: DeliverySend, inline: () => Promise<R>): Promise<R>
}
