import type { HostConnectOptions } from './connect-options.ts'
import type { Connection, ConnectOptions } from './connection.ts'
import type { Entry } from './entry.ts'
import { isObject } from './receiver.ts'
import type { AnySignal } from './signal.ts'

/** Marks signals, whichever copy of this package made them. */
export const BRAND: unique symbol = Symbol.for('aldis.signal')

/** What a host may ask of a signal beyond its interface. */
export interface HostView {
  connect(receiver: unknown, options: ConnectOptions, host: HostConnectOptions): Connection
  readonly table: { buckets(): Iterable<ReadonlyMap<unknown, Entry>> }
}

/** A signal as its maker branded it. */
export interface Branded {
  readonly [BRAND]: HostView
}

/**
 * Whether `value` is a signal, made by any installed copy of this package.
 *
 * @example
 * ```ts
 * import { isSignal, namespace } from '@aldis/signals'
 *
 * console.log(isSignal(namespace('shop').signal('order_placed')), isSignal('shop:order_placed'))
 * ```
 *
 * ```text
 * true false
 * ```
 */
export function isSignal(value: unknown): value is AnySignal & Branded {
  return isObject(value) && BRAND in value
}
