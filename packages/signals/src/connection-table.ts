import { ANY } from './any.ts'
import { Bucket, ObjectSlot, takeSnapshot, type Snapshot } from './bucket.ts'
import { byCallOrder, Entry, type EntryOptions } from './entry.ts'
import { isObject, type Receiver } from './receiver.ts'

const collected = new FinalizationRegistry<() => void>((forget) => forget())

/**
 * Who is connected to one signal.
 *
 * Entries for an object sender are reachable from that object alone (a
 * `WeakMap` and weak references), so a receiver that refers to its sender keeps
 * neither alive. Looking for a receiver without naming a sender visits every
 * sender once.
 */
export class ConnectionTable {
  readonly #any = new Bucket()
  readonly #primitives = new Map<unknown, Bucket>()
  readonly #objects = new WeakMap<object, Bucket>()
  readonly #slots = new Set<ObjectSlot>()
  readonly #changed: () => void
  #version = 1
  #order = 0

  /** `changed` is called after every change, before anyone can send again. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Whether every entry is for any sender: then one snapshot serves all sends. */
  get unfiltered(): boolean {
    return this.#primitives.size === 0 && this.#slots.size === 0
  }

  get empty(): boolean {
    for (const [bucket] of this.#all()) {
      for (const entry of bucket.entries) if (entry.resolve() !== undefined) return false
    }
    return true
  }

  connect(sender: unknown, options: EntryOptions): Entry {
    const bucket = this.#bucket(sender) ?? this.#addBucket(sender)
    const identity = options.dispatchUid ?? options.receiver
    let entry = bucket.find(identity, options.thisArg)
    if (entry !== undefined && entry.resolve() === undefined) {
      this.#remove(entry, sender)
      return this.connect(sender, options)
    }
    if (entry === undefined) {
      entry = new Entry(this.#order++, options)
      bucket.add(identity, options.thisArg, entry)
    }
    entry.retain(options)
    if (options.weak) this.#watch(entry, sender, options)
    this.#touch(bucket)
    return entry
  }

  /** Undo one connect of `entry`; true when that was its last. */
  release(entry: Entry, sender: unknown, weak: boolean): boolean {
    if (!entry.active) return false
    if (entry.release(weak)) return this.#remove(entry, sender)
    const bucket = this.#bucket(sender)
    if (bucket) this.#touch(bucket)
    return false
  }

  /** Remove what `identity` names, whatever its count, and return what there was. */
  disconnect(
    identity: string | Receiver,
    where: { readonly sender?: unknown; readonly thisArg?: object },
  ): Entry[] {
    const removed: Entry[] = []
    const from = (bucket: Bucket | undefined, sender: unknown): void => {
      for (const entry of bucket?.findAll(identity, where.thisArg) ?? []) {
        this.#remove(entry, sender)
        removed.push(entry)
      }
    }
    if ('sender' in where && where.sender !== ANY) from(this.#bucket(where.sender), where.sender)
    else for (const [bucket, sender] of [...this.#all()]) from(bucket, sender)
    return removed
  }

  /** What a send by `sender` walks over. */
  snapshotFor(sender: unknown): Snapshot {
    const bucket = this.unfiltered ? this.#any : (this.#bucket(sender) ?? this.#any)
    const { snapshot } = bucket
    if (snapshot !== undefined && bucket.snapshotVersion === this.#version) return snapshot
    bucket.snapshotVersion = this.#version
    return (bucket.snapshot = takeSnapshot(
      bucket === this.#any ? bucket.entries : [...this.#any.entries, ...bucket.entries],
    ))
  }

  /** Every live entry with its sender, in call order. */
  list(): [Entry, unknown][] {
    const found: [Entry, unknown][] = []
    for (const [bucket, sender] of this.#all()) {
      for (const entry of bucket.entries) if (entry.resolve()) found.push([entry, sender])
    }
    return found.sort(([a], [b]) => byCallOrder(a, b))
  }

  #bucket(sender: unknown): Bucket | undefined {
    if (sender === ANY) return this.#any
    return isObject(sender) ? this.#objects.get(sender) : this.#primitives.get(sender)
  }

  #addBucket(sender: unknown): Bucket {
    const bucket = new Bucket()
    if (!isObject(sender)) this.#primitives.set(sender, bucket)
    else {
      this.#objects.set(sender, bucket)
      const slot = new ObjectSlot(bucket, sender)
      this.#slots.add(slot)
      collected.register(sender, () => this.#slots.delete(slot) && this.#changed(), bucket)
    }
    return bucket
  }

  #remove(entry: Entry, sender: unknown): boolean {
    if (!entry.active) return false
    entry.active = false
    collected.unregister(entry)
    const bucket = this.#bucket(sender)
    if (bucket !== undefined) {
      bucket.delete(entry)
      if (bucket.entries.size === 0 && bucket !== this.#any) this.#dropBucket(bucket, sender)
      this.#touch(bucket)
    }
    return true
  }

  #dropBucket(bucket: Bucket, sender: unknown): void {
    if (!isObject(sender)) this.#primitives.delete(sender)
    else {
      this.#objects.delete(sender)
      collected.unregister(bucket)
      if (bucket.slot) this.#slots.delete(bucket.slot)
    }
  }

  #touch(bucket: Bucket): void {
    if (bucket === this.#any) this.#version++
    bucket.snapshot = undefined
    this.#changed()
  }

  /** Forget `entry` when what it holds weakly is collected; nothing here keeps entry or sender alive. */
  #watch(entry: Entry, sender: unknown, { receiver, thisArg }: EntryOptions): void {
    const weakEntry = new WeakRef(entry)
    const weakSender = isObject(sender) ? new WeakRef(sender) : undefined
    const forget = (): void => {
      const gone = weakEntry.deref()
      const from = weakSender ? weakSender.deref() : sender
      if (gone && !gone.resolve() && !(weakSender && !from)) this.#remove(gone, from)
    }
    collected.register(receiver, forget, entry)
    if (thisArg) collected.register(thisArg, forget, entry)
  }

  *#all(): Generator<[Bucket, unknown]> {
    yield [this.#any, ANY]
    for (const [sender, bucket] of this.#primitives) yield [bucket, sender]
    for (const slot of this.#slots) {
      const sender = slot.sender.deref()
      const bucket = slot.bucket.deref()
      if (sender !== undefined && bucket !== undefined) yield [bucket, sender]
    }
  }
}
