import { ANY } from './any.ts'
import { Bucket } from './bucket.ts'
import { count, inCallOrder, receiverOf, resolve, type Entry } from './entry.ts'
import { keyOf, type Identity } from './identity.ts'
import { isObject } from './receiver.ts'
import { held, type Ref } from './ref.ts'

const collected = new FinalizationRegistry<() => void>((forget) => forget())

/** What a `Map` and a `WeakMap` have in common here. */
interface BucketsBySender {
  get(sender: unknown): Bucket | undefined
  set(sender: unknown, bucket: Bucket): unknown
  delete(sender: unknown): boolean
}

/**
 * Who is connected to one signal.
 *
 * Entries for an object sender are reachable from that object alone, so a
 * receiver that refers to its sender keeps neither alive. Looking for a
 * receiver without naming a sender visits every sender once.
 */
export class ConnectionTable {
  readonly #primitives = new Map<unknown, Bucket>()
  readonly #objects = new WeakMap<object, Bucket>()
  readonly #buckets = new Set<Ref<Bucket>>()
  #version = 1
  #order = 0
  readonly #any = this.#addBucket(ANY)
  /** What a signal may remember to walk over for any sender, until the next change here. */
  quick: readonly Entry[] | undefined

  /** Whether every entry is for any sender: then one snapshot serves all sends. */
  get unfiltered(): boolean {
    return this.#buckets.size === 1
  }

  /** Every entry, in no particular order. */
  *entries(): Generator<Entry> {
    for (const bucket of this.#all()) yield* bucket.entries.values()
  }

  /** Connect `entry`, or count the equal one that is there; return the one that counts. */
  connect(entry: Entry, weak: boolean): Entry {
    const { key, sender, thisArg } = entry
    const known = this.#bucketsLike(sender).get(sender)?.entries.get(key)
    if (known && resolve(known)) entry = known
    else {
      if (known) this.#remove(known)
      const bucket = this.#bucketsLike(sender).get(sender) ?? this.#addBucket(sender)
      bucket.entries.set(key, entry)
      bucket.bound ||= thisArg !== undefined
      entry.order = this.#order++
      this.touch(bucket)
    }
    count(entry, weak, 1)
    if (weak) this.#watch(entry)
    return entry
  }

  /** Undo one connect of `entry`; true when that was its last. */
  release(entry: Entry, weak: boolean): boolean {
    return resolve(entry) !== undefined && !count(entry, weak, -1) && this.#remove(entry)
  }

  /** Remove all that is connected as `identity` for `sender`, whatever its count, and return the first. */
  disconnect(identity: Identity, sender: unknown, thisArg: object | undefined): Entry | undefined {
    const key = keyOf(identity, thisArg)
    let first: Entry | undefined
    for (const bucket of sender === ANY ? this.#all() : [this.#bucketsLike(sender).get(sender)]) {
      const scan = bucket?.bound && !thisArg
      for (const entry of scan ? bucket.entries.values() : [bucket?.entries.get(key)]) {
        if (!entry || !resolve(entry)) continue
        if ((entry.dispatchUid ?? receiverOf(entry)) === identity) {
          this.#remove(entry)
          first ??= entry
        }
      }
    }
    return first
  }

  /** The bucket whose `all` a send by `sender` walks over. */
  bucketFor(sender: unknown): Bucket {
    const bucket = this.#bucketsLike(sender).get(sender) ?? this.#any
    if (bucket.version !== this.#version) {
      bucket.version = this.#version
      bucket.plain = undefined
      // A receiver that is connected for any sender and for this one has one key in both, and one call.
      const keys = new Set<unknown>()
      bucket.all = inCallOrder([...this.#any.entries.values(), ...bucket.entries.values()]).filter(
        ({ key }) => !keys.has(key) && keys.add(key),
      )
    }
    return bucket
  }

  /** The buckets of senders like this one, by sender. */
  #bucketsLike(sender: unknown): BucketsBySender {
    return isObject(sender) ? this.#objects : this.#primitives
  }

  #addBucket(sender: unknown): Bucket {
    const bucket = new Bucket(sender)
    const { ref } = bucket
    this.#buckets.add(ref)
    this.#bucketsLike(sender).set(sender, bucket)
    if (isObject(sender)) collected.register(sender, () => this.#buckets.delete(ref), ref)
    return bucket
  }

  #remove(entry: Entry): true {
    const { key, sender } = entry
    const bucket = this.#bucketsLike(sender).get(sender)
    entry.strong = entry.weak = 0
    entry.call = undefined
    collected.unregister(entry)
    if (bucket) {
      bucket.entries.delete(key)
      if (bucket.entries.size === 0 && bucket !== this.#any) {
        this.#bucketsLike(sender).delete(sender)
        this.#buckets.delete(bucket.ref)
        collected.unregister(bucket.ref)
      }
      this.touch(bucket)
    }
    return true
  }

  /** Look again, before the next send, at what a send by the bucket's sender is to do; for any sender at first. */
  touch(bucket = this.#any): void {
    if (bucket === this.#any) this.#version++
    bucket.version = 0
    this.quick = undefined
  }

  /** Forget `entry` when what it holds weakly is collected; nothing here keeps entry or sender alive. */
  #watch(entry: Entry): void {
    const ref = new WeakRef(entry)
    const forget = (): void => {
      const gone = ref.deref()
      if (gone) this.#remove(gone)
    }
    for (const target of [held(entry.receiver), held(entry.thisArg)]) {
      if (target) collected.register(target, forget, entry)
    }
  }

  *#all(): Generator<Bucket> {
    for (const ref of this.#buckets) {
      const bucket = held(ref)
      if (bucket) yield bucket
    }
  }
}
