import type { Connection } from './connection.ts'
import { isLive, type Entry } from './entry.ts'
import { isObject } from './receiver.ts'

/** What `connect` returns when its AbortSignal was aborted before. */
export const NEVER_CONNECTED: Connection = Object.freeze({
  connected: false,
  disconnect() {},
  [Symbol.dispose]() {},
})

/**
 * The handle of one connect. With an object sender it holds entry and sender
 * weakly: whoever keeps the handle keeps neither of them.
 */
export class EntryConnection implements Connection {
  readonly #entry: { deref(): Entry | undefined }
  readonly #sender: unknown
  readonly #abort: AbortSignal | undefined
  readonly #release: (entry: Entry, sender: unknown) => void
  #open = true

  constructor(
    entry: Entry,
    sender: unknown,
    abort: AbortSignal | undefined,
    release: (entry: Entry, sender: unknown) => void,
  ) {
    this.#entry = isObject(sender) ? new WeakRef(entry) : entry
    this.#sender = isObject(sender) ? new WeakRef(sender) : sender
    this.#release = release
    this.#abort = abort
    abort?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get connected(): boolean {
    return this.#open && isLive(this.#entry.deref())
  }

  disconnect(): void {
    if (!this.#open) return
    this.#open = false
    this.#abort?.removeEventListener('abort', this.#onAbort)
    const entry = this.#entry.deref()
    const sender = this.#sender instanceof WeakRef ? this.#sender.deref() : this.#sender
    if (entry !== undefined) this.#release(entry, sender)
  }

  [Symbol.dispose](): void {
    this.disconnect()
  }

  readonly #onAbort = (): void => this.disconnect()
}
