import type { AnyReceiver, AnySignal } from '@aldis/signals'

/** One receiver of a signal, as listings show it. */
export interface ReceiverInfo {
  /** The plugin that asked for it; undefined when code connected it without the host. */
  readonly plugin: string | undefined
  /** The subscription's id, or the receiver's name. */
  readonly id: string
  /** `namespace:name` of the signal. */
  readonly signal: string
  /** The function itself. {@link locateFunctions} tells where it is written. */
  readonly receiver: AnyReceiver
  /** The sender filter as text; undefined for any sender. */
  readonly sender: string | undefined
  /** Whether the signal's declaration names senders, and this filter is none of them. */
  readonly senderUnreachable: boolean
  readonly delivery: string
  readonly priority: number
  readonly weak: boolean
}

/** One signal, as listings show it. */
export interface SignalInfo {
  /** `namespace:name`. */
  readonly key: string
  readonly signal: AnySignal
  /** False while only subscribers have named it. */
  readonly declared: boolean
  /** The plugin that declares it, `core`, or undefined where that is not known. */
  readonly publisher: string | undefined
  /** `file:line` of the declaration. */
  readonly declaredAt: string | undefined
  readonly doc: string | undefined
  /** The declared senders as text; undefined for any. */
  readonly senders: readonly string[] | undefined
  /** The delivery of subscriptions that name none. */
  readonly delivery: string
  readonly alias: string | undefined
  readonly deprecated: string | undefined
  /** In call order. */
  readonly receivers: readonly ReceiverInfo[]
}
