import { ANY } from './any.ts'
import { Bucket, takeSnapshot, type Snapshot } from './bucket.ts'
import { count, isLive, type Entry, type EntryOptions } from './entry.ts'
import { keyOf, type Identity } from './identity.ts'
import { isObject } from './receiver.ts'

const collected = new FinalizationRegistry<() => void>((forget) => forget())

/**
 * Who is connected to one signal.
 *
 * Entries for an object sender are reachable from that object alone, so a
 * receiver that refers to its sender keeps neither alive. Looking for a
 * receiver without naming a sender visits every sender once.
 */
export class ConnectionTable {
  readonly #any = new Bucket(ANY)
  readonly #primitives = new Map<unknown, Bucket>()
  readonly #objects = new WeakMap<object, Bucket>()
  readonly #slots = new Set<WeakRef<Bucket>>()
  readonly #changed: () => void
  #version = 0
  #order = 0

  /** `changed` is called after every change, before anyone can send again. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Whether every entry is for any sender: then one snapshot serves all sends. */
  get unfiltered(): boolean {
    return this.#primitives.size + this.#slots.size === 0
  }

  /** Every entry, in no particular order. */
  *[Symbol.iterator](): Generator<Entry> {
    for (const bucket of this.#buckets()) yield* bucket.entries.values()
  }

  /** The entry of these `options` for `sender`, counted once more. */
  connect(sender: unknown, weak: boolean, options: EntryOptions): Entry {
    let entry = this.#bucketOf(sender)?.entries.get(options.key)
    if (entry && !isLive(entry)) this.#remove(entry)
    if (!entry?.connected) {
      const bucket = this.#bucketOf(sender) ?? this.#addBucket(sender)
      const order = this.#order++
      entry = { options, bucket, order, connected: true, call: undefined, strong: 0, weak: 0 }
      bucket.entries.set(options.key, entry)
      bucket.bound ||= options.thisArg !== undefined
      this.#touch(bucket)
    }
    count(entry, weak, 1)
    if (weak) this.#watch(entry)
    return entry
  }

  /** Undo one connect of `entry`; true when that was its last. */
  release(entry: Entry, weak: boolean): boolean {
    return isLive(entry) && !count(entry, weak, -1) && this.#remove(entry)
  }

  /** Remove all that is connected as `identity` for `sender`, whatever its count, and return the first. */
  disconnect(identity: Identity, sender: unknown, thisArg: object | undefined): Entry | undefined {
    const key = keyOf(identity, thisArg)
    let first: Entry | undefined
    for (const bucket of sender === ANY ? this.#buckets() : [this.#bucketOf(sender)]) {
      const scan = bucket?.bound && !thisArg
      for (const entry of scan ? bucket.entries.values() : [bucket?.entries.get(key)]) {
        if (!entry || !isLive(entry)) continue
        if ((entry.options.dispatchUid ?? entry.options.receiver) === identity) {
          this.#remove(entry)
          first ??= entry
        }
      }
    }
    return first
  }

  /** What a send by `sender` walks over. */
  snapshotFor(sender: unknown): Snapshot {
    const bucket = (this.unfiltered ? undefined : this.#bucketOf(sender)) ?? this.#any
    const { snapshot, entries } = bucket
    if (snapshot && bucket.version === this.#version) return snapshot
    bucket.version = this.#version
    const own = bucket === this.#any ? [] : entries.values()
    return (bucket.snapshot = takeSnapshot([...this.#any.entries.values(), ...own]))
  }

  #bucketOf(sender: unknown): Bucket | undefined {
    if (sender === ANY) return this.#any
    return isObject(sender) ? this.#objects.get(sender) : this.#primitives.get(sender)
  }

  #addBucket(sender: unknown): Bucket {
    const bucket = new Bucket(sender)
    if (isObject(sender)) {
      const slot = (bucket.slot = new WeakRef(bucket))
      this.#slots.add(slot)
      this.#objects.set(sender, bucket)
      collected.register(sender, () => this.#slots.delete(slot), bucket)
    } else this.#primitives.set(sender, bucket)
    return bucket
  }

  #remove(entry: Entry): true {
    const { bucket } = entry
    const { sender, entries, slot } = bucket
    entry.connected = false
    entry.call = undefined
    entries.delete(entry.options.key)
    collected.unregister(entry)
    if (entries.size === 0) {
      this.#primitives.delete(sender)
      if (slot && isObject(sender)) {
        this.#objects.delete(sender)
        this.#slots.delete(slot)
        collected.unregister(bucket)
      }
    }
    this.#touch(bucket)
    return true
  }

  #touch(bucket: Bucket): void {
    if (bucket === this.#any) this.#version++
    bucket.snapshot = undefined
    this.#changed()
  }

  /** Forget `entry` when what it holds weakly is collected; nothing here keeps entry or sender alive. */
  #watch(entry: Entry): void {
    const ref = new WeakRef(entry)
    const forget = (): void => {
      const gone = ref.deref()
      if (gone?.connected && !isLive(gone)) this.#remove(gone)
    }
    const { receiver, thisArg } = entry.options
    for (const held of [receiver, thisArg]) if (held) collected.register(held, forget, entry)
  }

  *#buckets(): Generator<Bucket> {
    yield this.#any
    yield* this.#primitives.values()
    for (const slot of this.#slots) {
      const bucket = slot.deref()
      if (bucket) yield bucket
    }
  }
}
