import type { Entry } from './entry.ts'
import type { AnyReceiver, Meta } from './receiver.ts'
import type { AnySignal, SendAsyncOptions, SendMethod } from './signal.ts'

/** One connection, for those who list them or deliver for them. */
export interface ConnectionInfo {
  readonly receiver: AnyReceiver
  /** The sender filter, or `ANY`. */
  readonly sender: unknown
  readonly dispatchUid: string | undefined
  readonly priority: number
  readonly delivery: string
  readonly weak: boolean
  /** Call the receiver as a send would. */
  readonly invoke: (sender: unknown, payload: unknown, meta?: Meta) => unknown
  /** False once disconnected. */
  readonly connected: boolean
}

/** A send that reaches connections of deliveries other than `inline`. */
export interface Dispatch {
  readonly signal: AnySignal
  readonly sender: unknown
  readonly payload: unknown
  readonly method: SendMethod
  readonly options: SendAsyncOptions
  /** The connections of other deliveries that match, in call order. */
  readonly deferred: readonly ConnectionInfo[]
}

/** Something that a receiver threw or rejected with. */
export interface ReceiverFailure {
  readonly signal: AnySignal
  readonly receiver: AnyReceiver
  readonly dispatchUid: string | undefined
  readonly reason: unknown
}

/**
 * What a host adds to all signals of the process. Signals whose connections
 * are all inline never ask it anything while their receivers succeed.
 */
export interface Runtime {
  /** Run `inline` and see to `dispatch.deferred`. May throw before `inline` to refuse the send. */
  send<R>(dispatch: Dispatch, inline: () => R): R
  /** The same for asynchronous sends: what it returns, the sender awaits. */
  sendAsync<R>(dispatch: Dispatch, inline: () => Promise<R>): Promise<R>
  /** A robust send settled a failure, or a promise that nobody awaits was rejected. */
  failed(failure: ReceiverFailure): void
  /** How many asynchronous sends the running code is nested in. */
  depth(): number
  /** Run `body` as nested in `depth` asynchronous sends. */
  nest<R>(depth: number, body: () => R): R
}

/** A {@link Dispatch} in terms of a signal's own entries; `options` only where it is asynchronous. */
export interface EntryDispatch extends Omit<Dispatch, 'options' | 'deferred'> {
  readonly options: SendAsyncOptions | undefined
  /** All that match, in call order; those of other deliveries are for the host. */
  readonly all: readonly Entry[]
}

/** A {@link Runtime} in the same terms. */
export interface EntryRuntime extends Pick<Runtime, 'depth' | 'nest'> {
  serve(dispatch: EntryDispatch, inline: () => void | Promise<void>): void | Promise<void>
  failed(signal: AnySignal, entry: Entry, reason: unknown): void
}

/** Where signals find the runtime of their process. */
export interface SharedRuntime {
  runtime: EntryRuntime | undefined
}
