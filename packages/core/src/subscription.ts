import type { AnyReceiver, AnySignal, Meta, PayloadFor, Receiver, Signal } from '@aldis/signals'

/** The options of the delivery `inline`: none. */
export interface InlineOptions {}

/** The options of the delivery `commit`. */
export interface CommitOptions {
  /**
   * How long, in milliseconds, the receiver may take before it is given up.
   *
   * @defaultValue `30_000`
   */
  readonly timeoutMs?: number
}

/**
 * The options of each delivery by its name, for the senders and the payloads of a signal. A package that adds
 * a delivery adds its options here by declaration merging.
 */
export interface DeliveryOptions<_S, _P> {
  inline: InlineOptions
  commit: CommitOptions
}

type OptionsByDelivery<S, P> = {
  [D in keyof DeliveryOptions<S, P>]: { readonly delivery?: D } & DeliveryOptions<S, P>[D]
}[keyof DeliveryOptions<S, P>]

/** How a plugin wants to hear a signal whose senders are `S` and whose payloads are `P`. */
export type SubscriptionOptions<S = unknown, P = unknown> = {
  /**
   * Names the subscription inside the plugin, for the CLI, the log and stored deliveries.
   *
   * @defaultValue the receiver's name
   */
  readonly id?: string
  /** Higher is called earlier. @defaultValue `0` */
  readonly priority?: number
} & OptionsByDelivery<S, P>

/** What a plugin asks for: a signal, a receiver, and how. */
export type Subscription = {
  readonly receiver: AnyReceiver
  /** Only this sender's sends. The filter exists when the key is present, even if undefined. */
  readonly sender?: unknown
} & SubscriptionOptions<never, never>

/** What `getSignalSubscriptions` may return: a {@link SubscriptionMap}, or pairs that are checked at load. */
export type Subscriptions = Iterable<
  readonly [signal: AnySignal, receivers: Iterable<AnyReceiver | Subscription>]
>

/**
 * What a plugin listens to: a map from signals to subscriptions, filled with {@link SubscriptionMap.on}.
 *
 * @example
 * ```ts
 * import { signals, SubscriptionMap } from '@aldis/core'
 *
 * const low = signals.ckanext.signal<'web' | 'pos', { readonly left: number }>('shop_stock_low')
 *
 * const subscriptions = new SubscriptionMap()
 *   .on(low, (sender, { left }) => console.log(sender, left))
 *   .on(low, () => console.log('tell the till'), { id: 'till', sender: 'pos' })
 *
 * console.log(subscriptions.get(low)?.length)
 * ```
 *
 * ```text
 * 2
 * ```
 */
export class SubscriptionMap extends Map<AnySignal, Subscription[]> {
  /** Add: call `receiver` when `signal` is sent, by `options.sender` if that key is there. */
  on<S, P, const F extends S = S>(
    signal: Signal<S, P>,
    receiver: Receiver<NoInfer<F>, PayloadFor<P, F>>,
    options?: { readonly sender?: F } & SubscriptionOptions<NoInfer<F>, PayloadFor<P, NoInfer<F>>>,
  ): this {
    const subscription: Subscription = { ...options, receiver }
    const known = this.get(signal)
    if (known) known.push(subscription)
    else this.set(signal, [subscription])
    return this
  }
}

/** A subscription after the host has checked it. */
export interface BoundSubscription {
  readonly plugin: string
  readonly id: string
  readonly signal: AnySignal
  /** What the plugin gave; its calls have the plugin as `this`. */
  readonly receiver: AnyReceiver
  /** Whether only `sender` reaches the receiver. */
  readonly filtered: boolean
  readonly sender: unknown
  readonly delivery: string
  readonly priority: number
  /** The delivery's own options. */
  readonly options: Readonly<Record<string, unknown>>
  /** Call the receiver as the plugin. The host waits for what runs before it unloads the plugin. */
  call(sender: unknown, payload: unknown, meta?: Meta): unknown
}
