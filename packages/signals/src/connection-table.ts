import { ANY } from './any.ts'
import { Bucket } from './bucket.ts'
import { count, inCallOrder, receiverOf, resolve, type Entry } from './entry.ts'
import { keyOf } from './identity.ts'
import { isObject, type AnyReceiver } from './receiver.ts'
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
  readonly #any = this.#bucketOf(ANY)
  /** What a synchronous walk for any sender is over, while that is known to be all there is to do. */
  quick: readonly Entry[] | undefined;

  /** Every bucket, in no particular order. */
  *buckets(): Generator<Bucket> {
    for (const ref of this.#buckets) {
      const bucket = held(ref)
      if (bucket) yield bucket
    }
  }

  /** Connect what is `asked`, or count the equal entry that is there; return the one that counts. */
  connect(asked: Entry, weak: boolean): Entry {
    const { key, sender, thisArg } = asked
    const bucket = this.#bucketOf(sender)
    let entry = bucket.get(key)
    if (!entry || !resolve(entry)) {
      // What is collected gives its place to the next, although its finalizer has not run.
      if (entry) collected.unregister(entry)
      entry = asked
      bucket.set(key, entry)
      if (thisArg) bucket.bound = true
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
  disconnect(
    identity: string | AnyReceiver,
    sender: unknown,
    thisArg: object | undefined,
  ): Entry | undefined {
    const key = keyOf(identity, thisArg)
    let first: Entry | undefined
    for (const bucket of sender === ANY ? this.buckets() : [this.#bucketsLike(sender).get(sender)]) {
      for (const entry of bucket?.bound && !thisArg ? bucket.values() : [bucket?.get(key)]) {
        if (!entry || !resolve(entry) || (entry.dispatchUid ?? receiverOf(entry)) !== identity) continue
        this.#remove(entry)
        first ??= entry
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
      // What is connected for any sender and for this one has the same key in both, and one call.
      bucket.all = inCallOrder(new Map([...this.#any, ...bucket]).values())
    }
    if (this.#buckets.size === 1) this.quick = bucket.plain
    return bucket
  }

  /** Forget what is known of the sends that `bucket` is for: of all sends at first. */
  touch(bucket = this.#any): void {
    if (bucket === this.#any) this.#version++
    else bucket.version = 0
    this.quick = undefined
  }

  /** The buckets of senders like this one, by sender. */
  #bucketsLike(sender: unknown): BucketsBySender {
    return isObject(sender) ? this.#objects : this.#primitives
  }

  #bucketOf(sender: unknown): Bucket {
    const buckets = this.#bucketsLike(sender)
    let bucket = buckets.get(sender)
    if (!bucket) {
      bucket = new Bucket()
      buckets.set(sender, bucket)
      if (isObject(sender)) {
        const ref = (bucket.ref = new WeakRef(bucket))
        collected.register(sender, () => this.#buckets.delete(ref), ref)
      }
      this.#buckets.add(bucket.ref)
    }
    return bucket
  }

  #remove(entry: Entry): true {
    const { key, sender } = entry
    const bucket = this.#bucketOf(sender)
    entry.call = undefined
    entry.weak = entry.strong = 0
    collected.unregister(entry)
    bucket.delete(key)
    if (bucket.size === 0 && bucket !== this.#any) {
      this.#bucketsLike(sender).delete(sender)
      this.#buckets.delete(bucket.ref)
      collected.unregister(bucket.ref)
    }
    this.touch(bucket)
    return true
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
}
