import type { Logger } from '@aldis/core'
import { em, SchemaOlderError } from '@aldis/models'

import { PasswordReset } from './entities/password-reset.ts'
import { Session } from './entities/session.ts'

const HOUR_MS = 60 * 60 * 1000

/** Remove the sessions and the reset links that have expired at `now`. They let nobody in before that either. */
export async function sweepExpired(now: Date = new Date()): Promise<void> {
  await em().nativeDelete(Session, { expires: { $lte: now } })
  await em().nativeDelete(PasswordReset, { expires: { $lte: now } })
}

/**
 * {@link sweepExpired} now and every hour until it is disposed. What fails is logged, and tried again in an hour. That
 * the schema is older ends the start, which says it.
 */
export function sweepExpiredHourly(logger: Logger): AsyncDisposable {
  let running = Promise.resolve()
  const sweep = (): void => {
    running = sweepExpired().catch((error: unknown) => {
      if (error instanceof SchemaOlderError) return
      logger.error({ err: error }, 'expired sessions could not be removed')
    })
  }
  sweep()
  const timer = setInterval(sweep, HOUR_MS).unref()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await running
    },
  }
}
