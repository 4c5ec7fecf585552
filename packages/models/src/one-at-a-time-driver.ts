import type { DatabaseConnection, Driver, TransactionSettings } from 'kysely'

import { SecondConnectionError } from './models-errors.ts'
import { currentScope } from './transaction-scope.ts'

/**
 * A driver of one connection, for several users at a time. Kysely's own lock would make who holds the connection
 * and asks for it again wait for themselves; here they are refused.
 */
export class OneAtATimeDriver implements Driver {
  readonly #driver: Driver
  readonly #waiting: (() => void)[] = []
  #taken = false

  constructor(driver: Driver) {
    this.#driver = driver
  }

  init(): Promise<void> {
    return this.#driver.init()
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (currentScope() !== undefined) throw new SecondConnectionError()
    if (this.#taken) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.push(resolve)
      await promise
    }
    this.#taken = true
    return this.#driver.acquireConnection()
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    await this.#driver.releaseConnection(connection)
    const next = this.#waiting.shift()
    // Handed over without a gap in which somebody else could take it.
    if (next) next()
    else this.#taken = false
  }

  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    return this.#driver.beginTransaction(connection, settings)
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#driver.commitTransaction(connection)
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#driver.rollbackTransaction(connection)
  }

  async savepoint(...args: Parameters<NonNullable<Driver['savepoint']>>): Promise<void> {
    await this.#driver.savepoint?.(...args)
  }

  async rollbackToSavepoint(...args: Parameters<NonNullable<Driver['rollbackToSavepoint']>>): Promise<void> {
    await this.#driver.rollbackToSavepoint?.(...args)
  }

  async releaseSavepoint(...args: Parameters<NonNullable<Driver['releaseSavepoint']>>): Promise<void> {
    await this.#driver.releaseSavepoint?.(...args)
  }

  destroy(): Promise<void> {
    return this.#driver.destroy()
  }
}
