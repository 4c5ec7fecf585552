import { em } from '@aldis/models'

import { PasswordReset } from './entities/password-reset.ts'
import { Session } from './entities/session.ts'

/** Remove the sessions and the reset links that have expired. They let nobody in before that either. */
export async function sweepExpired(now: Date = new Date()): Promise<{ sessions: number; resets: number }> {
  return {
    sessions: await em().nativeDelete(Session, { expires: { $lte: now } }),
    resets: await em().nativeDelete(PasswordReset, { expires: { $lte: now } }),
  }
}
