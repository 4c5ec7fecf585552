import { em } from '@aldis/models'

import { Session } from './entities/session.ts'
import type { SessionData, SessionStore } from './security/session-store.ts'

/** Keeps sessions in the database. Their rows are written past the unit of work: no model signal shows what is in them. */
export class DatabaseSessionStore implements SessionStore {
  async read(id: string): Promise<SessionData | undefined> {
    const found = await em().findOne(Session, { id, expires: { $gt: new Date() } })
    return found?.data
  }

  async write(id: string, data: SessionData, expires: Date, isNew: boolean): Promise<void> {
    const row = { data, userId: data.userId ?? null, expires }
    if (isNew) await em().upsert(Session, { id, ...row })
    else await em().nativeUpdate(Session, { id }, row)
  }

  async remove(id: string): Promise<void> {
    await em().nativeDelete(Session, { id })
  }
}

/** End all sessions of the user `userId`. */
export async function endSessions(userId: string): Promise<void> {
  await em().nativeDelete(Session, { userId })
}
