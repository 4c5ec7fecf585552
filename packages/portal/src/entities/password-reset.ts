import { randomUUID } from 'node:crypto'

import { defineEntity, p, type InstanceOf } from '@aldis/models'

import { User } from './user.ts'

/** A reset link that was mailed. It is spent when the password is set, and every other link of the user with it. */
export const PasswordReset = defineEntity({
  name: 'PasswordReset',
  tableName: 'password_resets',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUID()),
    user: () => p.manyToOne(User),
    keyHash: p.string().hidden(),
    created: p.datetime().onCreate(() => new Date()),
    expires: p.datetime(),
  },
})
export type PasswordReset = InstanceOf<typeof PasswordReset>
