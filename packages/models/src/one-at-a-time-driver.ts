import type { DatabaseConnection } from 'kysely'

import { GuardedDriver } from './guarded-driver.ts'
import { SecondConnectionError } from './models-errors.ts'
import { currentScope } from './transaction-scope.ts'

/**
 * A driver of one connection, for several users at a time. Kysely's own lock would make who holds the connection
 * and asks for it again wait for themselves; here they are refused.
 */
export class OneAtATimeDriver extends GuardedDriver {
  readonly #waiting: (() => void)[] = []
  #taken = false

  override async acquireConnection(): Promise<DatabaseConnection> {
    if (currentScope() !== undefined) throw new SecondConnectionError()
    if (this.#taken) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.push(resolve)
      await promise
    }
    this.#taken = true
    try {
      return await super.acquireConnection()
    } catch (error) {
      this.#handOver()
      throw error
    }
  }

  protected override async giveBack(connection: DatabaseConnection): Promise<void> {
    await super.giveBack(connection)
    this.#handOver()
  }

  /** Without a gap in which somebody could take it before those who wait. */
  #handOver(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#taken = false
  }
}
