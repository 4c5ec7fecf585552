import { randomUUID } from 'node:crypto'

import { defineEntity, p, type InstanceOf } from '@aldis/models'

import { Organization } from './organization.ts'
import { User } from './user.ts'

export const CAPACITIES = ['admin', 'editor', 'member'] as const
export type Capacity = (typeof CAPACITIES)[number]

/** A user's part in an organization. */
export const Member = defineEntity({
  name: 'Member',
  tableName: 'members',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUID()),
    organization: () => p.manyToOne(Organization),
    user: () => p.manyToOne(User),
    capacity: p.enum(CAPACITIES),
  },
})
export type Member = InstanceOf<typeof Member>
