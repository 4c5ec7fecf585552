import type { ConnectOptions, Connection } from './connection.ts'
import type { HostConnectOptions } from './entry-options.ts'
import type { ConnectionInfo } from './runtime.ts'
import type { AnySignal } from './signal.ts'

/** Marks signals, whichever copy of this package made them. */
export const BRAND: unique symbol = Symbol.for('aldis.signal')

/** What a host may ask of a signal beyond its interface. */
export interface HostView {
  connect(receiver: unknown, options: ConnectOptions, host: HostConnectOptions): Connection
  connections(): ConnectionInfo[]
}

interface Branded {
  readonly [BRAND]: HostView
}

const isBranded = (value: unknown): value is Branded =>
  typeof value === 'object' && value !== null && BRAND in value

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
export function isSignal(value: unknown): value is AnySignal {
  return isBranded(value)
}

/** The host's view of `signal`. */
export function coreOf(signal: AnySignal): HostView {
  if (isBranded(signal)) return signal[BRAND]
  throw new TypeError('Not a signal of @aldis/signals.')
}
