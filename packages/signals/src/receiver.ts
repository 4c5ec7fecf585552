/** What a receiver is told about the call, by `sendAsync` and by deliveries that wait. */
export interface Meta {
  /** Aborted when the call's time is up or its caller gave up: stop what you do. */
  readonly signal: AbortSignal
}

/**
 * A function that is called when a signal it is connected to is sent.
 *
 * `meta` comes with `sendAsync`, `sendRobustAsync` and deliveries that wait;
 * the synchronous sends call with two arguments.
 */
export type Receiver<S = unknown, P = unknown> = (sender: S, payload: P, meta?: Meta) => unknown

/** A receiver of whatever sender and payload: what code that handles all signals alike sees. */
export type AnyReceiver = Receiver<never, never>

/** Whether `value` can be called as a receiver. */
export function isReceiver(value: unknown): value is Receiver {
  return typeof value === 'function'
}

/** Whether `value` has an identity of its own: as a sender it matches itself alone and is held weakly. */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** Whether `value` is something `await` would wait for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && typeof Reflect.get(value, 'then') === 'function'
}
