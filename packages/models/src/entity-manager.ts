import {
  BasePostgreSqlEntityManager,
  TransactionEventBroadcaster,
  type TransactionOptions,
} from '@mikro-orm/sql'

import { runAfterCommit, runBeforeCommit } from './commit-callbacks.ts'
import { ManualTransactionError } from './models-errors.ts'
import { currentScope, scopes, TransactionScope } from './transaction-scope.ts'

/**
 * MikroORM's entity manager, whose transactions are followed through awaits, whichever way they begin: by
 * `transaction(…)`, by `em.transactional(…)` or by a flush on its own.
 */
export class EntityManager extends BasePostgreSqlEntityManager {
  /** Whether all is written and only the commit is missing. */
  #settled = false

  /** Run `cb` in a transaction, or in a savepoint of the one that this entity manager is in. */
  override async transactional<T>(
    cb: (em: this) => T | Promise<T>,
    options?: TransactionOptions,
  ): Promise<T> {
    const outer = this.isInTransaction() ? currentScope() : undefined
    let scope: TransactionScope | undefined
    try {
      const result = await super.transactional((em) => {
        const inner = new TransactionScope(em)
        scope = inner
        return scopes.run(inner, async () => {
          const value = await cb(em)
          await em.flush()
          if (!outer) await runBeforeCommit(inner)
          em.#settled = true
          return value
        })
      }, options)
      scope?.close()
      if (scope && outer) {
        for (const body of scope.before) outer.beforeCommit(body)
        for (const body of scope.after) outer.afterCommit(body)
      } else if (scope) {
        await runAfterCommit(scope)
      }
      return result
    } finally {
      scope?.close()
    }
  }

  /** Write what has changed, in a transaction of its own where there is none. */
  override async flush(): Promise<void> {
    if (this.#settled) return
    if (this.isInTransaction()) return super.flush()
    const scope = new TransactionScope(this)
    try {
      await this.getConnection('write').transactional(
        async (transaction) => {
          this.setTransactionContext(transaction)
          try {
            await scopes.run(scope, async () => {
              await super.flush()
              await runBeforeCommit(scope)
            })
          } finally {
            this.resetTransactionContext()
          }
        },
        { eventBroadcaster: new TransactionEventBroadcaster(this) },
      )
    } finally {
      scope.close()
    }
    await runAfterCommit(scope)
  }

  /** @throws ManualTransactionError always: nothing could follow it. */
  override begin(): Promise<void> {
    return Promise.reject(new ManualTransactionError())
  }
}
