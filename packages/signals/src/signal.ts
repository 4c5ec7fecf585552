import type { ConnectOptions, Connection } from './connection.ts'
import type { Declaration } from './declaration.ts'
import type { PayloadFor } from './payload-for.ts'
import type { AnyReceiver, Receiver } from './receiver.ts'

/** The ways to send, by the name of the method. */
export type SendMethod = 'send' | 'sendAsync' | 'sendRobust' | 'sendRobustAsync' | 'notify'

/** What `send` returns: each receiver with what it returned, in call order. */
export type SendResult<S, P> = [receiver: Receiver<S, P>, value: unknown][]

/** What `sendRobust` returns for one receiver: the shape of `Promise.allSettled`. */
export type RobustResult<S, P> =
  | { readonly receiver: Receiver<S, P>; readonly status: 'fulfilled'; readonly value: unknown }
  | { readonly receiver: Receiver<S, P>; readonly status: 'rejected'; readonly reason: unknown }

/** How long an asynchronous send waits. */
export interface SendAsyncOptions {
  /**
   * The time, in milliseconds, that each receiver may take. One that takes
   * longer is given up with a `ReceiverTimeoutError`; code that never yields
   * cannot be interrupted.
   *
   * @defaultValue no limit
   */
  readonly timeoutMs?: number
  /** Aborts the send: the running receiver is given up, those after it are not called. */
  readonly signal?: AbortSignal
}

/** What `receiverConnected` tells. */
export interface ReceiverConnected {
  readonly receiver: AnyReceiver
  /** The sender filter, or `ANY`. */
  readonly sender: unknown
  readonly weak: boolean
}

/** What `receiverDisconnected` tells. */
export interface ReceiverDisconnected {
  readonly receiver: AnyReceiver
  /** The sender filter of the disconnect, or `ANY`. */
  readonly sender: unknown
}

/** What names the receiver that `disconnect` removes. */
export interface DisconnectOptions {
  /** Only this sender's connection; left out, those of all senders. */
  readonly sender?: unknown
  /** Only the connection with this `thisArg`; left out, whatever it is. */
  readonly thisArg?: object
}

/**
 * What can be asked of a signal whose sender and payload are not known. Every
 * {@link Signal} is one; connecting and sending need the signal's own type.
 */
export interface AnySignal {
  /** The name inside the namespace, such as `user_created`. */
  readonly name: string
  /** The namespace's name, such as `ckan`. */
  readonly namespace: string
  /** What a send means, from the declaration; undefined while undeclared. */
  readonly doc: string | undefined
  /** What the owner declared; undefined while only subscribers have named the signal. */
  readonly declaration: Declaration | undefined

  /**
   * False while a send would reach nobody and nobody would see it: then its payload need not be built. The cheapest
   * of these questions. True until sends have found that out, and again after every change.
   */
  readonly isHeard: boolean
  /** Whether anyone is connected. Cheap, and true also while muted. */
  readonly hasReceivers: boolean
  /** Whether a send by `sender` would reach anyone; `ANY` asks for receivers of every sender. */
  hasReceiversFor(sender: unknown): boolean
  /** The receivers that a send by `sender` would reach, in call order, those of other deliveries included. */
  receiversFor(sender: unknown): AnyReceiver[]

  /**
   * Disconnect `receiver`, or what was connected under `dispatchUid`, whatever
   * the number of its connections; true when there was any. Without a sender it
   * looks through those of every sender: a {@link Connection} finds its own at once.
   */
  disconnect(receiver: AnyReceiver | { readonly dispatchUid: string }, options?: DisconnectOptions): boolean

  /**
   * Send nothing until the result is disposed or, with `body`, until `body` is
   * done. Nests. A dispatch that already runs goes on.
   */
  muted(): Disposable
  muted<T>(body: () => T): T

  /** Sent with this signal as sender after every `connect`. */
  readonly receiverConnected: Signal<AnySignal, ReceiverConnected>
  /** Sent with this signal as sender when a connection ends by a call, **never** when something was collected. */
  readonly receiverDisconnected: Signal<AnySignal, ReceiverDisconnected>

  /** `namespace:name`. */
  toString(): string
}

/**
 * A named notification point. Senders of type `S` send payloads of type `P`;
 * receivers connect to hear them.
 *
 * Receivers are called by `priority`, then in the one order in which they were
 * connected, whether they asked for any sender or for one. A receiver that is
 * connected during a dispatch is not called by it; one that is disconnected
 * during a dispatch is never called after that. No send makes a copy of the
 * payload: receivers share it and must not change it.
 */
export interface Signal<S = unknown, P = unknown> extends AnySignal {
  receiversFor(sender: unknown): Receiver<S, P>[]

  /**
   * Connect `receiver` so that it is called when this signal is sent, by `sender` if that option is there.
   *
   * The same receiver (or `dispatchUid`), `thisArg` and sender is called once, at
   * its first place, until its last connection is disposed. Connected for any sender
   * too, it is still called once. Receivers are held strongly; `weak: true` is for
   * those who know why.
   *
   * @throws InvalidReceiverError when `receiver` is not a function
   * @throws InvalidOptionError when an option has an impossible value
   *
   * @example
   * ```ts
   * import { namespace, type Signal } from '@aldis/signals'
   *
   * const orderPlaced: Signal<'web' | 'pos', { readonly id: string }> =
   *   namespace('shop').declare('order_placed', { senders: ['web', 'pos'] })
   *
   * using connection = orderPlaced.connect((sender, { id }) => console.log(sender, id), { sender: 'web' })
   * orderPlaced.send('web', { id: 'o-1' })
   * orderPlaced.send('pos', { id: 'o-2' })
   * console.log(connection.connected)
   * ```
   *
   * ```text
   * web o-1
   * true
   * ```
   */
  connect<const F extends S = S>(
    receiver: Receiver<NoInfer<F>, PayloadFor<P, F>>,
    options?: ConnectOptions<F>,
  ): Connection

  /** A function that connects the receiver given to it for `sender`, and returns that receiver. */
  connectVia<const F extends S>(
    sender: F,
    options?: Omit<ConnectOptions, 'sender'>,
  ): <R extends Receiver<NoInfer<F>, PayloadFor<P, F>>>(receiver: R) => R

  /**
   * Connect `receiver` until the result is disposed or, with `body`, until
   * `body` has returned, thrown, or settled the promise it returned.
   * Connections that `receiver` had before stay.
   */
  connectedTo<const F extends S = S>(
    receiver: Receiver<NoInfer<F>, PayloadFor<P, F>>,
    options?: ConnectOptions<F>,
  ): Connection
  connectedTo<T, const F extends S = S>(
    receiver: Receiver<NoInfer<F>, PayloadFor<P, F>>,
    options: ConnectOptions<F>,
    body: () => T,
  ): T

  /**
   * Call the receivers for `sender` with `payload`, in order, and return what each returned.
   *
   * What a receiver throws comes out unchanged, and those after it are not
   * called. A promise that a receiver returns is a value here, and never an
   * unhandled rejection.
   *
   * @throws AsyncReceiverError before anyone is called, when one is an async function
   * @throws RecursionError when receivers send this signal again without end
   */
  send(sender: S, payload: P): SendResult<S, P>

  /** Like {@link Signal.send}, but waits for each receiver before it calls the next; async and sync receivers mix. */
  sendAsync(sender: S, payload: P, options?: SendAsyncOptions): Promise<SendResult<S, P>>

  /**
   * Call every receiver for `sender`, whatever the others throw, and return what became of each.
   * Nothing that a receiver throws comes out, but for endless recursion, which ends where it began.
   *
   * @throws AsyncReceiverError before anyone is called, when one is an async function
   * @throws RecursionError from inside a receiver, when receivers send this signal again without end
   */
  sendRobust(sender: S, payload: P): RobustResult<S, P>[]

  /** Like {@link Signal.sendRobust}, but waits for each receiver before it calls the next. */
  sendRobustAsync(sender: S, payload: P, options?: SendAsyncOptions): Promise<RobustResult<S, P>[]>

  /** Like {@link Signal.send}, but collects nothing: the fast path. */
  notify(sender: S, payload: P): void
}
