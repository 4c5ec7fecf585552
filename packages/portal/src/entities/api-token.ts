import { defineEntity, p, type InstanceOf } from '@aldis/models'

import { User } from './user.ts'

/** A token of the API. The token itself is shown once and never stored. */
export const ApiToken = defineEntity({
  name: 'ApiToken',
  tableName: 'api_tokens',
  properties: {
    /** The `jti` of the token. */
    id: p.string().primary(),
    name: p.string(),
    user: () => p.manyToOne(User),
    hash: p.string().hidden(),
    createdAt: p.datetime().onCreate(() => new Date()),
    lastAccess: p.datetime().nullable(),
  },
})
export type ApiToken = InstanceOf<typeof ApiToken>
