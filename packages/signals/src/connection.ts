import type { Any } from './any.ts'

/** How a receiver is connected. */
export interface ConnectOptions<F = unknown> {
  /**
   * Only sends by this sender reach the receiver. The filter exists when the
   * key is present, even if its value is `undefined`. Values match as in a
   * `Map` (SameValueZero), objects by identity, and objects are never kept alive.
   *
   * @defaultValue {@link ANY}: every sender
   */
  readonly sender?: F | Any
  /**
   * Hold the receiver and `thisArg` weakly: the connection ends when either is
   * collected. A function written inside the call is collected at once.
   *
   * @defaultValue `false`
   */
  readonly weak?: boolean
  /** What `this` is inside the receiver; a part of the connection's identity. */
  readonly thisArg?: object
  /** Identifies the connection in place of the receiver: a second connect keeps the first. */
  readonly dispatchUid?: string
  /**
   * Higher is called earlier; equals are called in connect order.
   *
   * @defaultValue `0`
   */
  readonly priority?: number
  /** Disconnects when aborted; already aborted, nothing is connected. */
  readonly signal?: AbortSignal
}

/** One receiver bound to one signal for one sender. */
export interface Connection extends Disposable {
  /** Whether a send can still reach the receiver through this connection. */
  readonly connected: boolean
  /** Undo the `connect` that returned this. Equal connects are counted: the last one out ends the calls. */
  disconnect(): void
}
