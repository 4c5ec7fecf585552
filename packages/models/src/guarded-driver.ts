import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely'

import { TransactionFailedError } from './models-errors.ts'
import { withoutValues } from './without-values.ts'

/** A connection that remembers which statement has failed in its transaction, and whose errors hold no values. */
class GuardedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection
  failure: { readonly error: unknown } | undefined
  released = false

  constructor(inner: DatabaseConnection) {
    this.inner = inner
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      return await this.inner.executeQuery<R>(query)
    } catch (error) {
      throw this.#failed(error)
    }
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    try {
      yield* this.inner.streamQuery<R>(query, chunkSize)
    } catch (error) {
      throw this.#failed(error)
    }
  }

  #failed(error: unknown): unknown {
    this.failure ??= { error }
    return error instanceof Error ? withoutValues(error) : error
  }
}

type Savepoint = Parameters<NonNullable<Driver['savepoint']>>

/**
 * A driver whose commits are commits. PostgreSQL answers the commit of a transaction in which a statement has failed
 * with a rollback and no error; whoever caught the statement's error would believe that all is stored.
 */
export class GuardedDriver implements Driver {
  readonly #driver: Driver

  constructor(driver: Driver) {
    this.#driver = driver
  }

  init(): Promise<void> {
    return this.#driver.init()
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return new GuardedConnection(await this.#driver.acquireConnection())
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    if (guarded(connection).released) return
    guarded(connection).released = true
    await this.giveBack(guarded(connection).inner)
  }

  protected async giveBack(connection: DatabaseConnection): Promise<void> {
    await this.#driver.releaseConnection(connection)
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    guarded(connection).failure = undefined
    try {
      await this.#driver.beginTransaction(guarded(connection).inner, settings)
    } catch (error) {
      // Kysely forgets it: with every server restart the pool would have one connection less.
      await this.releaseConnection(connection)
      throw error
    }
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    refuseFailed(connection)
    await this.#driver.commitTransaction(guarded(connection).inner)
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await this.#driver.rollbackTransaction(guarded(connection).inner)
    } catch {
      // The connection is broken, which is a rollback too. Kysely releases it only when this does not throw.
    }
  }

  async savepoint(connection: DatabaseConnection, name: Savepoint[1], compile: Savepoint[2]): Promise<void> {
    refuseFailed(connection)
    await this.#driver.savepoint?.(guarded(connection).inner, name, compile)
  }

  async rollbackToSavepoint(
    connection: DatabaseConnection,
    name: Savepoint[1],
    compile: Savepoint[2],
  ): Promise<void> {
    await this.#driver.rollbackToSavepoint?.(guarded(connection).inner, name, compile)
    guarded(connection).failure = undefined
  }

  async releaseSavepoint(
    connection: DatabaseConnection,
    name: Savepoint[1],
    compile: Savepoint[2],
  ): Promise<void> {
    refuseFailed(connection)
    await this.#driver.releaseSavepoint?.(guarded(connection).inner, name, compile)
  }

  destroy(): Promise<void> {
    return this.#driver.destroy()
  }
}

function refuseFailed(connection: DatabaseConnection): void {
  const { failure } = guarded(connection)
  if (failure) throw new TransactionFailedError(failure.error)
}

function guarded(connection: DatabaseConnection): GuardedConnection {
  if (connection instanceof GuardedConnection) return connection
  throw new TypeError('This connection is of another driver.')
}
