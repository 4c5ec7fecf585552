import type { Receiver } from './receiver.ts'
import { held, weakly, type Ref } from './ref.ts'

/** The delivery of everything that a send calls itself, at once. */
export const INLINE = 'inline'

/** One receiver in a connection table, shared by all equal connects. */
export interface Entry {
  /** What makes two connects for one sender equal. */
  readonly key: string | number
  /** The sender filter, or `ANY`. */
  readonly sender: unknown
  receiver: Ref<Receiver> | undefined
  thisArg: Ref<object> | undefined
  readonly dispatchUid: string | undefined
  readonly priority: number
  readonly delivery: string
  /** Called in place of the receiver; the receiver stays what everyone is shown. */
  readonly invoke: Receiver | undefined
  /** The function to call; undefined when disconnected, and while it is only held weakly. */
  call: Receiver | undefined
  /** How many connects hold receiver and `thisArg` strongly. */
  strong: number
  /** How many hold them weakly. Both are 0 once it is disconnected. */
  weak: number
  /** Its place among all entries. */
  readonly order: number
}

/** Count one connect of `entry` more, or less; true while any is left. */
export function count(entry: Entry, weak: boolean, by: 1 | -1): boolean {
  entry[weak ? 'weak' : 'strong'] += by
  if (entry.strong + entry.weak === 0) return false
  const hold = entry.strong > 0 ? held : weakly
  entry.receiver = hold(entry.receiver)
  entry.thisArg = hold(entry.thisArg)
  entry.call = entry.strong > 0 ? bind(entry) : undefined
  return true
}

function bind({ receiver, thisArg, invoke = held(receiver) }: Entry): Receiver | undefined {
  const self = held(thisArg)
  const call = held(receiver) && invoke
  return thisArg ? self && call?.bind(self) : call
}

/** The function that `entry` is to be called with now; undefined when there is nobody to call. */
export function resolve(entry: Entry): Receiver | undefined {
  return entry.call ?? (entry.weak > 0 ? bind(entry) : undefined)
}

/** What everyone is shown of `entry`; what stands in for a collected receiver is never called. */
export function receiverOf({ receiver }: Entry): Receiver {
  return typeof receiver === 'function' ? receiver : (receiver?.deref() ?? (() => {}))
}

/** Whether `entry` is called by the send itself. */
export function isInline({ delivery }: Entry): boolean {
  return delivery === INLINE
}

/**
 * Whether the receiver was written as an async function. Bound async functions
 * count; a plain function that returns a promise cannot be told before it is called.
 */
export function isAsync(entry: Entry): boolean {
  return Reflect.get(receiverOf(entry), Symbol.toStringTag) === 'AsyncFunction'
}

/** Priority first, then connect order. */
export function inCallOrder(entries: Iterable<Entry>): Entry[] {
  return [...entries].sort((a, b) => b.priority - a.priority || a.order - b.order)
}
