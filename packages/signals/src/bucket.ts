import { byCallOrder, type Entry } from './entry.ts'
import type { Receiver } from './receiver.ts'

/** Entries by what makes two connects equal: the `dispatchUid` if there is one, else the receiver. */
class Lookup {
  readonly #uids = new Map<string, Entry>()
  readonly #receivers = new WeakMap<Receiver, Entry>()

  get(identity: string | Receiver): Entry | undefined {
    return typeof identity === 'string' ? this.#uids.get(identity) : this.#receivers.get(identity)
  }

  set(identity: string | Receiver, entry: Entry): void {
    if (typeof identity === 'string') this.#uids.set(identity, entry)
    else this.#receivers.set(identity, entry)
  }

  delete(identity: string | Receiver, entry: Entry): void {
    if (this.get(identity) !== entry) return
    if (typeof identity === 'string') this.#uids.delete(identity)
    else this.#receivers.delete(identity)
  }
}

/** What a dispatch walks over: the entries for one sender in call order. Never changed once made. */
export interface Snapshot {
  /** What the send calls itself. */
  readonly inline: readonly Entry[]
  /** What is called later, by another delivery. */
  readonly deferred: readonly Entry[]
  /** The first async receiver among `inline`. */
  readonly async: Entry | undefined
  /** Nothing but strong, synchronous, inline entries: the fast path may take it. */
  readonly plain: boolean
}

/** Finds the bucket of an object sender for as long as that object lives. */
export class ObjectSlot {
  readonly bucket: WeakRef<Bucket>
  readonly sender: WeakRef<object>

  constructor(bucket: Bucket, sender: object) {
    this.bucket = new WeakRef(bucket)
    this.sender = new WeakRef(sender)
    bucket.slot = this
  }
}

/** The entries connected for one sender (or for any). */
export class Bucket {
  readonly entries = new Set<Entry>()
  /** This bucket's entries merged with those for any sender, until either changes. */
  snapshot: Snapshot | undefined
  /** The version of the any-sender bucket that `snapshot` was made from. */
  snapshotVersion = 0
  /** Set when the bucket's sender is an object. */
  slot: ObjectSlot | undefined
  #unbound: Lookup | undefined
  #bound: WeakMap<object, Lookup> | undefined

  find(identity: string | Receiver, thisArg: object | undefined): Entry | undefined {
    return this.#lookup(thisArg)?.get(identity)
  }

  /** Every entry of `identity`: the one with this `thisArg`, or all where that is undefined. */
  findAll(identity: string | Receiver, thisArg: object | undefined): Entry[] {
    const found = this.find(identity, thisArg)
    const entries = found ? [found] : []
    if (thisArg !== undefined || this.#bound === undefined) return entries
    for (const entry of this.entries) {
      if (entry !== found && (entry.dispatchUid ?? entry.receiver) === identity) entries.push(entry)
    }
    return entries
  }

  add(identity: string | Receiver, thisArg: object | undefined, entry: Entry): void {
    this.entries.add(entry)
    if (thisArg === undefined) (this.#unbound ??= new Lookup()).set(identity, entry)
    else {
      this.#bound ??= new WeakMap()
      const lookup = this.#bound.get(thisArg) ?? new Lookup()
      this.#bound.set(thisArg, lookup)
      lookup.set(identity, entry)
    }
  }

  delete(entry: Entry): void {
    this.entries.delete(entry)
    const identity = entry.dispatchUid ?? entry.receiver
    if (identity !== undefined) this.#lookup(entry.thisArg)?.delete(identity, entry)
  }

  #lookup(thisArg: object | undefined): Lookup | undefined {
    return thisArg === undefined ? this.#unbound : this.#bound?.get(thisArg)
  }
}

/** The snapshot of some entries: priority first, then connect order. */
export function takeSnapshot(entries: Iterable<Entry>): Snapshot {
  const inline: Entry[] = []
  const deferred: Entry[] = []
  let async: Entry | undefined
  let plain = true
  for (const entry of [...entries].sort(byCallOrder)) {
    if (entry.deferred) deferred.push(entry)
    else {
      inline.push(entry)
      if (entry.async) async ??= entry
      if (entry.call === undefined) plain = false
    }
  }
  return { inline, deferred, async, plain: plain && async === undefined && deferred.length === 0 }
}
