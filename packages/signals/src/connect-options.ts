import type { ConnectOptions } from './connection.ts'
import { INLINE, type EntryOptions } from './entry.ts'
import { InvalidOptionError, InvalidReceiverError } from './errors.ts'
import { keyOf } from './identity.ts'
import { isReceiver, typeName, type Receiver } from './receiver.ts'
import type { AnySignal } from './signal.ts'

/** What a host may say of a connection beyond `connect`'s options. */
export interface HostConnectOptions {
  /** Who calls the receiver, and when. @defaultValue `'inline'` */
  readonly delivery?: string
  /** Called in place of the receiver; the receiver stays what everyone is shown. */
  readonly invoke?: Receiver
}

/** For each option, the types that its value can have. */
const TYPES: { [option in keyof Required<ConnectOptions>]: string } & Partial<Record<string, string>> = {
  sender: '',
  weak: 'boolean',
  thisArg: 'object or function',
  dispatchUid: 'string',
  priority: 'number',
  signal: 'object',
}

/** Check what `connect` was given, before anything is connected. */
export function checkConnect(
  signal: AnySignal,
  receiver: unknown,
  options: ConnectOptions,
  { delivery = INLINE, invoke }: HostConnectOptions,
): EntryOptions {
  if (!isReceiver(receiver)) throw new InvalidReceiverError(signal, receiver)
  for (const [option, value] of Object.entries(options)) {
    const types = TYPES[option] ?? 'undefined'
    if (types && value !== undefined && !types.includes(typeName(value))) {
      throw new InvalidOptionError(signal, option, types)
    }
  }
  const { thisArg, dispatchUid, priority = 0 } = options
  const key = keyOf(dispatchUid ?? receiver, thisArg)
  return { key, receiver, thisArg, dispatchUid, priority, delivery, invoke }
}
