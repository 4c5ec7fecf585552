import type { EntityManager } from './entity-manager.ts'
import { NoTransactionError } from './models-errors.ts'
import { openDatabase } from './open-database.ts'
import { currentScope } from './transaction-scope.ts'

/**
 * The entity manager of the running code: that of its transaction, else a new one with nothing in it. Keep
 * what it returns for one piece of work: outside a transaction each call gives another.
 *
 * @throws DatabaseClosedError when no database is open
 * @throws SchemaOlderError when migrations wait
 *
 * @example
 * ```ts
 * import { defineEntity, em, p } from '@aldis/models'
 *
 * const Book = defineEntity({ name: 'Book', properties: { id: p.integer().primary(), title: p.string() } })
 *
 * export async function rename(id: number, title: string): Promise<void> {
 *   const own = em()
 *   const book = await own.findOneOrFail(Book, id)
 *   book.title = title
 *   await own.flush()
 * }
 * ```
 */
export function em(): EntityManager {
  return currentScope()?.em ?? openDatabase().fork()
}

/**
 * Run `body` in a transaction, and commit when it resolves. What it changed through the entity manager that it
 * gets, which {@link em} returns too, is written before the commit. Inside a transaction it is a savepoint: a throw
 * undoes what `body` did, and the transaction goes on if the throw is caught. Resolves after the receivers
 * with the delivery `commit` have settled; their failures are reported and never thrown here.
 *
 * @throws TransactionFailedError when something in it failed and the error was caught inside
 *
 * @example
 * ```ts
 * import { defineEntity, p, transaction } from '@aldis/models'
 *
 * const Account = defineEntity({ name: 'Account', properties: { id: p.integer().primary(), cents: p.integer() } })
 *
 * export function move(from: number, to: number, cents: number): Promise<void> {
 *   return transaction(async (own) => {
 *     const [source, target] = [await own.findOneOrFail(Account, from), await own.findOneOrFail(Account, to)]
 *     source.cents -= cents
 *     target.cents += cents
 *   })
 * }
 * ```
 */
export function transaction<T>(body: (em: EntityManager) => T | Promise<T>): Promise<T> {
  return em().transactional(body)
}

/**
 * Run `body` just before the outermost commit; what it changes is written. When it throws, the transaction rolls back.
 *
 * @throws NoTransactionError outside a transaction
 */
export function beforeCommit(body: () => void | Promise<void>): void {
  const scope = currentScope()
  if (scope === undefined) throw new NoTransactionError('beforeCommit')
  scope.beforeCommit(body)
}

/**
 * Run `body` after the outermost commit; never when the transaction, or the savepoint it was called in, rolls
 * back. A crash between the two loses it. Its failure goes to the log.
 *
 * @throws NoTransactionError outside a transaction
 *
 * @example
 * ```ts
 * import { afterCommit, transaction } from '@aldis/models'
 *
 * export const greet = (name: string): Promise<void> =>
 *   transaction(() => afterCommit(() => console.log(`hello ${name}`)))
 * ```
 */
export function afterCommit(body: () => void | Promise<void>): void {
  const scope = currentScope()
  if (scope === undefined) throw new NoTransactionError('afterCommit')
  scope.afterCommit(body)
}
