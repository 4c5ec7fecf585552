import type { Transaction } from '@aldis/core'

/**
 * Collects what transactions send, and hands it over as the last thing before their commit, all at once. What a
 * savepoint collected is gone when that is undone.
 */
export class TransactionBuffer<T> {
  readonly #current: () => Transaction | undefined
  readonly #write: (items: readonly T[]) => Promise<void>
  /** By transaction or savepoint. */
  readonly #collected = new WeakMap<Transaction, T[]>()
  /** By outermost transaction, which is about to commit. */
  readonly #leaving = new WeakMap<Transaction, T[]>()

  /** `current` is the transaction of the running code; `write` stores in it. When it fails, the transaction rolls back. */
  constructor(current: () => Transaction | undefined, write: (items: readonly T[]) => Promise<void>) {
    this.#current = current
    this.#write = write
  }

  /** Keep `items` for the commit of `transaction`. */
  add(transaction: Transaction, items: readonly T[]): void {
    const known = this.#collected.get(transaction)
    if (known) {
      for (const item of items) known.push(item)
      return
    }
    const own = [...items]
    this.#collected.set(transaction, own)
    transaction.beforeCommit(() => {
      this.#collected.delete(transaction)
      return this.#leave(own)
    })
  }

  /** The commit is near: `items` are written after what else is to run before it, savepoints' items included. */
  async #leave(items: readonly T[]): Promise<void> {
    const outermost = this.#current()
    if (outermost === undefined) return this.#write(items)
    const known = this.#leaving.get(outermost)
    if (known) {
      for (const item of items) known.push(item)
      return
    }
    const leaving = [...items]
    this.#leaving.set(outermost, leaving)
    outermost.beforeCommit(() => {
      this.#leaving.delete(outermost)
      return this.#write(leaving)
    })
  }
}
