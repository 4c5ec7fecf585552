import { AsyncLocalStorage } from 'node:async_hooks'

import type { Transaction, TransactionProvider } from '../transaction.ts'

type Body = () => void | Promise<void>

/** One transaction, or one savepoint in it. */
class Scope implements Transaction {
  readonly before: Body[] = []
  readonly last: Body[] = []
  readonly after: Body[] = []

  beforeCommit(body: Body): void {
    this.before.push(body)
  }

  lastBeforeCommit(body: Body): void {
    this.last.push(body)
  }

  afterCommit(body: Body): void {
    this.after.push(body)
  }
}

/**
 * Transactions without a database, for tests of what happens after commit and
 * on rollback. Nested runs are savepoints.
 *
 * @example
 * ```ts
 * import { MemoryTransactions } from '@aldis/core/testing'
 *
 * const transactions = new MemoryTransactions()
 * await transactions.run(async () => {
 *   transactions.current()?.afterCommit(() => console.log('committed'))
 *   console.log('in the transaction')
 * })
 * ```
 *
 * ```text
 * in the transaction
 * committed
 * ```
 */
export class MemoryTransactions implements TransactionProvider {
  readonly #scopes = new AsyncLocalStorage<Scope>()

  current(): Transaction | undefined {
    return this.#scopes.getStore()
  }

  async run<T>(body: () => Promise<T>): Promise<T> {
    const outer = this.#scopes.getStore()
    const scope = new Scope()
    const result = await this.#scopes.run(scope, body)
    if (outer) {
      outer.before.push(...scope.before)
      outer.last.push(...scope.last)
      outer.after.push(...scope.after)
      return result
    }
    await this.#scopes.run(scope, async () => {
      const next = (): Body | undefined => scope.before.shift() ?? scope.last.shift()
      for (let body = next(); body !== undefined; body = next()) await body()
    })
    await this.#scopes.exit(() => runAll(scope.after))
    return result
  }
}

/** Run each of `bodies`, then throw the first failure. What is committed stays so, whoever fails afterwards. */
async function runAll(bodies: readonly Body[]): Promise<void> {
  const failures: unknown[] = []
  for (const body of bodies) {
    try {
      await body()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
