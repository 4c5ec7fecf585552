import { silentLogger, type Logger } from '@aldis/core'
import {
  BasePostgreSqlEntityManager,
  TransactionEventBroadcaster,
  TransactionPropagation,
  type ForkOptions,
  type TransactionOptions,
} from '@mikro-orm/sql'

import { runAfterCommit, runBeforeCommit } from './commit-callbacks.ts'
import { ManualTransactionError } from './models-errors.ts'
import { SavepointUndo } from './savepoint-undo.ts'
import { scopes, TransactionScope } from './transaction-scope.ts'

/** The ways to begin that make neither a transaction nor a savepoint where there is a transaction. */
const JOINING: ReadonlySet<string> = new Set([
  TransactionPropagation.REQUIRED,
  TransactionPropagation.SUPPORTS,
  TransactionPropagation.MANDATORY,
])

/**
 * MikroORM's entity manager, whose transactions are followed through awaits, whichever way they begin: by
 * `transaction(…)`, by `em.transactional(…)` or by a flush on its own.
 */
export class EntityManager extends BasePostgreSqlEntityManager {
  /** Where failures go that nobody waits for. */
  logger: Logger = silentLogger
  /** The transaction that it is in. */
  #scope: TransactionScope | undefined
  /** Whether all is written and only the commit is missing. */
  #settled = false
  #flushing: Promise<void> = Promise.resolve()

  /**
   * Run `cb` in a transaction, or in a savepoint of the one that this entity manager is in.
   *
   * What is changed so far is written before the savepoint. When it is undone, instances that the savepoint has
   * changed are read again.
   */
  override async transactional<T>(
    cb: (em: this) => T | Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const { propagation = TransactionPropagation.NESTED } = options
    const joins = JOINING.has(propagation)
    const outer = this.isInTransaction() ? this.#scope : undefined
    if (propagation === TransactionPropagation.NESTED && outer) {
      return outer.inTurn(() => this.#savepoint(outer, cb, options))
    }
    const begins = propagation === TransactionPropagation.REQUIRES_NEW || (joins && !outer)
    if (!begins && propagation !== TransactionPropagation.NESTED) return super.transactional(cb, options)
    let scope: TransactionScope | undefined
    try {
      const result = await super.transactional(async (em) => {
        scope = new TransactionScope(em)
        return em.#runIn(scope, () => cb(em))
      }, options)
      scope?.close()
      if (scope) await runAfterCommit(scope)
      return result
    } finally {
      scope?.close()
    }
  }

  async #savepoint<T>(
    outer: TransactionScope,
    cb: (em: this) => T | Promise<T>,
    options: TransactionOptions,
  ): Promise<T> {
    await this.flush()
    const undo = new SavepointUndo(this)
    let scope: TransactionScope | undefined
    try {
      const result = await super.transactional(async (em) => {
        undo.watch(em)
        scope = new TransactionScope(em, outer)
        return em.#runIn(scope, () => cb(em))
      }, options)
      scope?.handOver()
      return result
    } catch (error) {
      scope?.close()
      await undo.run()
      throw error
    } finally {
      scope?.close()
    }
  }

  /** Run `body` as this entity manager's transaction, up to what comes just before its end. */
  async #runIn<T>(scope: TransactionScope, body: () => T | Promise<T>): Promise<T> {
    this.#scope = scope
    return scopes.run(scope, async () => {
      const value = await body()
      await this.flush()
      if (scope.outer === undefined) await runBeforeCommit(scope)
      scope.refuseFailed()
      this.#settled = true
      return value
    })
  }

  /** Write what has changed, in a transaction of its own where there is none. */
  override async flush(): Promise<void> {
    if (this.#settled && this.#scope?.open === true) return
    if (this.isInTransaction()) return this.#flushInside()
    // Two at once would each take the other's transaction for its own.
    const turn = this.#flushing.then(() => this.#flushAlone())
    this.#flushing = turn.catch(() => undefined)
    return turn
  }

  async #flushInside(): Promise<void> {
    try {
      await super.flush()
    } catch (error) {
      this.#scope?.fail(error)
      throw error
    }
  }

  async #flushAlone(): Promise<void> {
    const scope = new TransactionScope(this)
    try {
      await this.getConnection('write').transactional(
        async (transaction) => {
          this.setTransactionContext(transaction)
          this.#scope = scope
          try {
            await scopes.run(scope, async () => {
              await this.#flushInside()
              await runBeforeCommit(scope)
              scope.refuseFailed()
            })
          } finally {
            this.resetTransactionContext()
            this.#scope = undefined
          }
        },
        { eventBroadcaster: new TransactionEventBroadcaster(this) },
      )
    } finally {
      scope.close()
    }
    await runAfterCommit(scope)
  }

  /** Another one in the same transaction, as `scope` sees that. */
  joined(scope: TransactionScope): this {
    const joined = this.fork({ keepTransactionContext: true, cloneEventManager: true })
    joined.#scope = scope
    return joined
  }

  override fork(options: ForkOptions = {}): this {
    const fork = super.fork(options)
    fork.logger = this.logger
    if (options.keepTransactionContext === true) fork.#scope = this.#scope
    return fork
  }

  /** @throws ManualTransactionError always: nothing could follow it. */
  override begin(): Promise<void> {
    return Promise.reject(new ManualTransactionError())
  }
}
