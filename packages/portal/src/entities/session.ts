import { defineEntity, p, type InstanceOf } from '@aldis/models'

/** A browser's session. */
export const Session = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    /** The hash of what the cookie holds. */
    id: p.string().primary(),
    data: p.json<Record<string, unknown>>(),
    expires: p.datetime(),
  },
})
export type Session = InstanceOf<typeof Session>
