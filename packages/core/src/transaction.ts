import { defineToken, type Token } from './token.ts'

/** The transaction that the running code is in. */
export interface Transaction {
  /** Run `body` just before the outermost commit, and write what it changes; if it fails, the transaction rolls back. */
  beforeCommit(body: () => void | Promise<void>): void
  /**
   * Run `body` as the very last thing before the outermost commit, when all else is written. It is for statements of its
   * own: what it changes otherwise is not written. If it fails, the transaction rolls back.
   */
  lastBeforeCommit(body: () => void | Promise<void>): void
  /**
   * Run `body` after the outermost commit, in the order of the calls. Dropped
   * when the transaction, or the savepoint that it was registered in, rolls back.
   */
  afterCommit(body: () => void | Promise<void>): void
}

/**
 * Who runs transactions. A plugin that has a database provides itself under this
 * token; without one there is never a transaction.
 */
export interface TransactionProvider {
  /** The transaction of the running code, followed through awaits. */
  current(): Transaction | undefined
  /** Run `body` in a transaction, or in a savepoint of the one it is in; resolves after commit. */
  run<T>(body: () => Promise<T>): Promise<T>
}

export const TransactionProvider: Token<TransactionProvider> =
  defineToken<TransactionProvider>('aldis:TransactionProvider')
