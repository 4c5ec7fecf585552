import type { Entry } from './entry.ts'

/** The delivery of everything that a send calls itself, at once. */
export const INLINE = 'inline'

/** What a dispatch walks over: the entries for one sender in call order. Never changed once made. */
export interface Snapshot {
  readonly all: readonly Entry[]
  /** What the send calls itself. */
  readonly inline: readonly Entry[]
  /** What is called later, by another delivery. */
  readonly deferred: readonly Entry[]
  /** The first async receiver among `inline`. */
  readonly async: Entry | undefined
  /** Whether a synchronous walk over `inline` is all there is to do. */
  readonly plain: boolean
}

/** The entries for one sender, or for any. Those for an object are reachable from it alone. */
export class Bucket {
  readonly sender: unknown
  readonly entries = new Map<string | number, Entry>()
  /** These entries merged with those for any sender, until either changes. */
  snapshot: Snapshot | undefined
  /** The version of the entries for any sender that `snapshot` was made from. */
  version = 0
  /** Whether one receiver may have several entries here, each with its own `thisArg`. */
  bound = false
  /** What the table finds these by when the sender is an object, for as long as that lives. */
  slot: WeakRef<Bucket> | undefined

  constructor(sender: unknown) {
    this.sender = sender
  }
}

/** Priority first, then connect order. */
export function inCallOrder(entries: Iterable<Entry>): Entry[] {
  return [...entries].sort((a, b) => b.options.priority - a.options.priority || a.order - b.order)
}

/** The snapshot of some entries. */
export function takeSnapshot(entries: Iterable<Entry>): Snapshot {
  const all = inCallOrder(entries)
  const inline = all.filter(({ options }) => options.delivery === INLINE)
  const deferred = all.filter(({ options }) => options.delivery !== INLINE)
  const async = inline.find(({ options }) => options.async)
  return { all, inline, deferred, async, plain: !async && deferred.length === 0 }
}
