import type { ConnectOptions } from './connection.ts'
import { INLINE, type EntryOptions } from './entry.ts'
import { InvalidOptionError, InvalidReceiverError } from './errors.ts'
import { isAsyncFunction, isReceiver, type Receiver } from './receiver.ts'

/** What a host may say of a connection beyond `connect`'s options. */
export interface HostConnectOptions {
  /** Who calls the receiver, and when. @defaultValue `'inline'` */
  readonly delivery?: string
  /** Called in place of the receiver; the receiver stays what everyone is shown. */
  readonly invoke?: Receiver
}

/** For each option, what `typeof` says of it. */
const TYPES = {
  sender: undefined,
  weak: 'boolean',
  thisArg: 'object',
  dispatchUid: 'string',
  priority: 'number',
  signal: 'object',
} satisfies Record<keyof ConnectOptions, string | undefined>

const isOption = (key: string): key is keyof ConnectOptions => key in TYPES

/** Check what `connect` was given, before anything is connected. */
export function checkConnect(
  signal: string,
  receiver: unknown,
  options: ConnectOptions,
  { delivery = INLINE, invoke }: HostConnectOptions,
): EntryOptions {
  if (!isReceiver(receiver)) throw new InvalidReceiverError(signal, receiver)
  for (const [key, value] of Object.entries(options)) {
    const type = isOption(key) ? TYPES[key] : 'undefined'
    if (type && value !== undefined && (typeof value !== type || value === null)) {
      throw new InvalidOptionError(signal, key, type)
    }
  }
  const { thisArg, dispatchUid, priority = 0, weak = false } = options
  return { receiver, thisArg, dispatchUid, priority, weak, delivery, invoke, async: isAsyncFunction(receiver) }
}
