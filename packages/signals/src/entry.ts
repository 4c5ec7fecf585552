import type { Receiver } from './receiver.ts'

/** Stands in for a receiver that is collected. */
const GONE: Receiver = () => undefined

/** The delivery of everything that a send calls itself, at once. */
export const INLINE = 'inline'

/** What a connect asked for, checked and with its defaults. */
export interface EntryOptions {
  readonly receiver: Receiver
  readonly thisArg: object | undefined
  readonly dispatchUid: string | undefined
  readonly priority: number
  readonly delivery: string
  /** Called in place of the receiver; the receiver stays what everyone is shown. */
  readonly invoke: Receiver | undefined
  readonly async: boolean
  readonly weak: boolean
}

/**
 * One receiver in a connection table, shared by all equal connects.
 *
 * While a strong connect lives, `call` is the function to call. When only weak
 * ones are left, the entry holds weak references alone, and `resolve` finds
 * the function for as long as it lives.
 */
export class Entry {
  readonly order: number
  readonly priority: number
  readonly delivery: string
  readonly dispatchUid: string | undefined
  readonly async: boolean
  /** False once disconnected: a running dispatch looks before each call. */
  active = true
  /** The function to call; undefined while held weakly. */
  call: Receiver | undefined
  #strong = 0
  #weak = 0
  #receiver: Receiver | undefined
  #thisArg: object | undefined
  #weakReceiver: WeakRef<Receiver> | undefined
  #weakThis: WeakRef<object> | undefined

  constructor(order: number, options: EntryOptions) {
    this.order = order
    this.priority = options.priority
    this.delivery = options.delivery
    this.dispatchUid = options.dispatchUid
    this.async = options.async
  }

  /** What was connected; what stands in for it, when that is collected, is never called. */
  get receiver(): Receiver {
    return this.#receiver ?? this.#weakReceiver?.deref() ?? GONE
  }

  get thisArg(): object | undefined {
    return this.#thisArg ?? this.#weakThis?.deref()
  }

  get deferred(): boolean {
    return this.delivery !== INLINE
  }

  get weak(): boolean {
    return this.#strong === 0
  }

  /** An entry is its own strong reference, where others hold a `WeakRef` to one. */
  deref(): Entry {
    return this
  }

  /** Count one more connect. */
  retain({ receiver, thisArg, invoke = receiver, weak }: EntryOptions): void {
    if (weak) {
      this.#weak++
      if (this.#strong > 0) return
      this.#weakReceiver = new WeakRef(receiver)
      this.#weakThis = thisArg && new WeakRef(thisArg)
    } else if (this.#strong++ === 0) {
      this.#receiver = receiver
      this.#thisArg = thisArg
      this.call = thisArg === undefined ? invoke : invoke.bind(thisArg)
    }
  }

  /** Count one connect less; true when it was the last. */
  release(weak: boolean): boolean {
    if (weak) this.#weak--
    else if (--this.#strong === 0 && this.#weak > 0 && this.#receiver) {
      this.#weakReceiver = new WeakRef(this.#receiver)
      this.#weakThis = this.#thisArg && new WeakRef(this.#thisArg)
      this.#receiver = this.#thisArg = this.call = undefined
    }
    return this.#strong + this.#weak === 0
  }

  /** The function to call, or undefined when what was held weakly is gone. */
  resolve(): Receiver | undefined {
    if (this.call !== undefined) return this.call
    const receiver = this.#weakReceiver?.deref()
    if (receiver === undefined || this.#weakThis === undefined) return receiver
    const thisArg = this.#weakThis.deref()
    return thisArg && receiver.bind(thisArg)
  }
}

/** Whether a send can still reach what `entry` holds. */
export function isLive(entry: Entry | undefined): boolean {
  return entry !== undefined && entry.active && entry.resolve() !== undefined
}

/** Priority first, then connect order. */
export function byCallOrder(a: Entry, b: Entry): number {
  return b.priority - a.priority || a.order - b.order
}
