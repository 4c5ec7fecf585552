import type { Receiver } from './receiver.ts'
import type { Bucket } from './bucket.ts'

/** The delivery of everything that a send calls itself, at once. */
export const INLINE = 'inline'

/** What a connect asked for, checked and with its defaults. */
export interface EntryOptions {
  /** What makes two connects for one sender equal. */
  readonly key: string | number
  /** Undefined when it was held weakly and is collected, or its `thisArg` is. */
  readonly receiver: Receiver | undefined
  readonly thisArg: object | undefined
  readonly dispatchUid: string | undefined
  readonly priority: number
  readonly delivery: string
  /** Called in place of the receiver; the receiver stays what everyone is shown. */
  readonly invoke: Receiver | undefined
  readonly async: boolean
}

/** One receiver in a connection table, shared by all equal connects. */
export interface Entry {
  options: EntryOptions
  /** Where it is, with all others for its sender. */
  readonly bucket: Bucket
  /** Its place among all entries of its signal. */
  readonly order: number
  /** The function to call; undefined when disconnected, and while it is only held weakly. */
  call: Receiver | undefined
  /** How many connects hold receiver and `thisArg` strongly. */
  strong: number
  /** How many hold them weakly. Both are 0 once it is disconnected. */
  weak: number
}

/** Count one connect of `entry` more, or less; true while any is left. */
export function count(entry: Entry, weak: boolean, by: 1 | -1): boolean {
  entry[weak ? 'weak' : 'strong'] += by
  if (entry.strong > 0) {
    // The copy has values where the original may have getters: now they are held.
    entry.call ??= bind((entry.options = { ...entry.options }))
  } else if (entry.weak > 0) {
    entry.call = undefined
    entry.options = weakly(entry.options)
  }
  return entry.strong + entry.weak > 0
}

/** The same options, with receiver and `thisArg` there for as long as others hold them. */
function weakly(options: EntryOptions): EntryOptions {
  const receiver = options.receiver && new WeakRef(options.receiver)
  const thisArg = options.thisArg && new WeakRef(options.thisArg)
  return {
    ...options,
    get receiver() {
      return thisArg && !thisArg.deref() ? undefined : receiver?.deref()
    },
    get thisArg() {
      return thisArg?.deref()
    },
  }
}

function bind({ receiver, thisArg, invoke = receiver }: EntryOptions): Receiver | undefined {
  return receiver && (thisArg ? invoke?.bind(thisArg) : invoke)
}

/** The function that `entry` is to be called with now; undefined when there is nobody to call. */
export function resolve(entry: Entry): Receiver | undefined {
  return entry.call ?? (entry.weak > 0 ? bind(entry.options) : undefined)
}

/** Whether a send can still reach what `entry` holds. */
export function isLive(entry: Entry): boolean {
  return resolve(entry) !== undefined
}

/** What everyone is shown of `entry`; what stands in for a collected receiver is never called. */
export function receiverOf({ options }: Entry): Receiver {
  return options.receiver ?? (() => {})
}

/** Priority first, then connect order. */
export function inCallOrder(entries: Iterable<Entry>): Entry[] {
  return [...entries].sort((a, b) => b.options.priority - a.options.priority || a.order - b.order)
}
