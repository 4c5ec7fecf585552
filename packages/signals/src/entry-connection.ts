import type { Connection } from './connection.ts'
import { isLive, type Entry } from './entry.ts'
import { isObject } from './receiver.ts'

/**
 * The handle of one connect. With an object sender it holds the entry, and so
 * the sender, weakly: whoever keeps the handle keeps neither of them.
 */
export class EntryConnection implements Connection {
  readonly #owner: { release(entry: Entry, weak: boolean): void }
  readonly #weak: boolean
  readonly #abort: AbortSignal | undefined
  #entry: Entry | WeakRef<Entry> | undefined

  /** `owner` is told when the handle lets go of its entry. */
  constructor(
    owner: { release(entry: Entry, weak: boolean): void },
    weak: boolean,
    abort: AbortSignal | undefined,
  ) {
    this.#owner = owner
    this.#weak = weak
    this.#abort = abort
    abort?.addEventListener('abort', this.#onAbort)
  }

  hold(entry: Entry): void {
    this.#entry = isObject(entry.bucket.sender) ? new WeakRef(entry) : entry
  }

  get connected(): boolean {
    const entry = this.#held
    return entry !== undefined && isLive(entry)
  }

  disconnect(): void {
    const entry = this.#held
    this.#entry = undefined
    this.#abort?.removeEventListener('abort', this.#onAbort)
    if (entry) this.#owner.release(entry, this.#weak)
  }

  [Symbol.dispose](): void {
    this.disconnect()
  }

  readonly #onAbort = (): void => this.disconnect()

  get #held(): Entry | undefined {
    return this.#entry instanceof WeakRef ? this.#entry.deref() : this.#entry
  }
}
