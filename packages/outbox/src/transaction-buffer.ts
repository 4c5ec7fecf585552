import type { Transaction } from '@aldis/core'

/** An item, and where it is among all that were added. */
interface Added<T> {
  readonly place: number
  readonly item: T
}

/**
 * Collects what transactions send, and hands it over as the last thing before their commit, all at once and in the order
 * of its sending. What a savepoint collected is gone when that is undone.
 */
export class TransactionBuffer<T> {
  readonly #current: () => Transaction | undefined
  readonly #write: (items: readonly T[]) => Promise<void>
  /** By transaction or savepoint. */
  readonly #collected = new WeakMap<Transaction, Added<T>[]>()
  /** By outermost transaction, which is about to commit. */
  readonly #leaving = new WeakMap<Transaction, Added<T>[]>()
  #places = 0

  /** `current` is the transaction of the running code; `write` stores in it. When it fails, the transaction rolls back. */
  constructor(current: () => Transaction | undefined, write: (items: readonly T[]) => Promise<void>) {
    this.#current = current
    this.#write = write
  }

  /** Keep `items` for the commit of `transaction`. */
  add(transaction: Transaction, items: readonly T[]): void {
    const own = this.#collected.get(transaction) ?? this.#collect(transaction)
    for (const item of items) own.push({ place: this.#places++, item })
  }

  #collect(transaction: Transaction): Added<T>[] {
    const own: Added<T>[] = []
    this.#collected.set(transaction, own)
    transaction.lastBeforeCommit(() => {
      this.#collected.delete(transaction)
      return this.#leave(own)
    })
    return own
  }

  /** All else is written: `items` are, together with those of savepoints, which come to this one after the other. */
  async #leave(items: readonly Added<T>[]): Promise<void> {
    const outermost = this.#current()
    if (outermost === undefined) return this.#writeInOrder(items)
    const known = this.#leaving.get(outermost)
    if (known) {
      for (const item of items) known.push(item)
      return
    }
    const leaving = [...items]
    this.#leaving.set(outermost, leaving)
    outermost.lastBeforeCommit(() => {
      this.#leaving.delete(outermost)
      return this.#writeInOrder(leaving)
    })
  }

  /** Savepoints and the transaction around them sent by turns. */
  #writeInOrder(items: readonly Added<T>[]): Promise<void> {
    return this.#write(items.toSorted((a, b) => a.place - b.place).map(({ item }) => item))
  }
}
