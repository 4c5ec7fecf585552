import type { Connection } from './connection.ts'
import { resolve, type Entry } from './entry.ts'
import { isObject } from './receiver.ts'
import { held, type Ref } from './ref.ts'

/**
 * The handle of one connect. With an object sender it holds the entry, and so
 * the sender, weakly: whoever keeps the handle keeps neither of them.
 */
export class EntryConnection implements Connection {
  readonly #owner: { release(entry: Entry, weak: boolean): void }
  readonly #weak: boolean
  readonly #abort: AbortSignal | undefined
  #entry: Ref<Entry> | undefined

  /** `owner` is told when the handle lets go of its entry. */
  constructor(
    owner: { release(entry: Entry, weak: boolean): void },
    weak: boolean,
    abort: AbortSignal | undefined,
  ) {
    this.#owner = owner
    this.#weak = weak
    this.#abort = abort
    abort?.addEventListener('abort', this)
  }

  hold(entry: Entry): void {
    this.#entry = isObject(entry.sender) ? new WeakRef(entry) : entry
  }

  get connected(): boolean {
    const entry = held(this.#entry)
    return Boolean(entry && resolve(entry))
  }

  disconnect(): void {
    const entry = held(this.#entry)
    this.#entry = undefined
    this.#abort?.removeEventListener('abort', this)
    if (entry) this.#owner.release(entry, this.#weak)
  }

  [Symbol.dispose](): void {
    this.disconnect()
  }

  /** What an `AbortSignal` calls of a listener. */
  handleEvent(): void {
    this.disconnect()
  }
}
