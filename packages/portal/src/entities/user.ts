import { randomUUID } from 'node:crypto'

import { defineEntity, p, type InstanceOf } from '@aldis/models'

export const USER_STATES = ['active', 'pending', 'deleted'] as const

/** Somebody who can log in. A deleted user's row stays, and its name stays taken. */
export const User = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUID()),
    name: p.string(),
    email: p.string(),
    fullname: p.string().nullable(),
    about: p.text().nullable(),
    /** Undefined unless asked for with `populate`: pages and payloads never see it. */
    passwordHash: p.text().nullable().lazy().hidden(),
    sysadmin: p.boolean().default(false),
    state: p.enum(USER_STATES).default('active'),
    created: p.datetime().onCreate(() => new Date()),
    lastActive: p.datetime().nullable(),
  },
})
export type User = InstanceOf<typeof User>
