import { defineEntity, p, type InstanceOf } from '@aldis/models'

import type { SessionData } from '../security/session-store.ts'

/** A browser's session. */
export const Session = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    /** The hash of what the cookie holds. */
    id: p.string().primary(),
    data: p.json<SessionData>(),
    /** Who is logged in, as `data` says: to end all sessions of one user. */
    userId: p.uuid().nullable(),
    expires: p.datetime(),
  },
})
export type Session = InstanceOf<typeof Session>
