import { ANY } from './any.ts'
import type { ConnectOptions } from './connection.ts'
import { INLINE, type Entry } from './entry.ts'
import { InvalidOptionError, InvalidReceiverError } from './errors.ts'
import { keyOf } from './identity.ts'
import { isObject, isReceiver, type Receiver } from './receiver.ts'
import type { AnySignal } from './signal.ts'

/** What a host may say of a connection beyond `connect`'s options. */
export interface HostConnectOptions {
  /** Who calls the receiver, and when. @defaultValue `'inline'` */
  readonly delivery?: string
  /** Called in place of the receiver; the receiver stays what everyone is shown. */
  readonly invoke?: Receiver
}

/** A value of the type that each option has, but for the sender, which has any. */
const EXAMPLES: Omit<Required<ConnectOptions>, 'sender' | 'signal'> & { readonly signal: object } = {
  thisArg: {},
  dispatchUid: '',
  priority: 0,
  weak: false,
  signal: {},
}

let made = 0

/** The entry that `connect` is to make, once what it was given is checked. */
export function createEntry(
  signal: AnySignal,
  receiver: unknown,
  options: ConnectOptions,
  { delivery = INLINE, invoke }: HostConnectOptions,
): Entry {
  if (!isReceiver(receiver)) throw new InvalidReceiverError(signal, receiver)
  for (const [option, value] of Object.entries(options)) {
    const type = typeof Reflect.get(EXAMPLES, option)
    if (option !== 'sender' && value !== undefined && type !== (isObject(value) ? 'object' : typeof value)) {
      throw new InvalidOptionError(signal, option, type)
    }
  }
  const { thisArg, dispatchUid, priority = 0 } = options
  return {
    key: keyOf(dispatchUid ?? receiver, thisArg),
    sender: senderOf(options),
    receiver,
    thisArg,
    dispatchUid,
    priority,
    delivery,
    invoke,
    call: undefined,
    strong: 0,
    weak: 0,
    order: made++,
  }
}

/** The sender that `options` limit to: its presence counts, whatever the value. */
export function senderOf(options: { readonly sender?: unknown }): unknown {
  return 'sender' in options ? options.sender : ANY
}
