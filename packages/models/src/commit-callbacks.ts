import { messageOf } from '@aldis/core'

import { scopes, type TransactionScope } from './transaction-scope.ts'

/**
 * Run what `scope` has for just before the commit, and what that adds in turn; what it changed is written. Then run
 * what it has for the very end.
 */
export async function runBeforeCommit(scope: TransactionScope): Promise<void> {
  do {
    for (let body = scope.before.shift(); body !== undefined; body = scope.before.shift()) {
      await body()
      if (scope.before.length === 0) await scope.em.flush()
    }
    await scope.last.shift()?.()
  } while (scope.before.length + scope.last.length > 0)
}

/** Run what `scope` has for after the commit. It is committed whoever fails now: failures go to the log. */
export async function runAfterCommit(scope: TransactionScope): Promise<void> {
  if (scope.after.length === 0) return
  await scopes.exit(async () => {
    for (const body of scope.after) {
      try {
        await body()
      } catch (error) {
        scope.em.logger.error({ err: error }, `what was to run after a commit failed: ${messageOf(error)}`)
      }
    }
  })
}
