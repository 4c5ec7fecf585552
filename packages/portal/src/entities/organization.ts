import { randomUUID } from 'node:crypto'

import { defineEntity, p, type InstanceOf } from '@aldis/models'

/** Who publishes datasets. Its members may read its private datasets; editors and admins may write them. */
export const Organization = defineEntity({
  name: 'Organization',
  tableName: 'organizations',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUID()),
    name: p.string(),
    title: p.string(),
    description: p.text().nullable(),
    state: p.enum(['active', 'deleted'] as const).default('active'),
    created: p.datetime().onCreate(() => new Date()),
  },
})
export type Organization = InstanceOf<typeof Organization>
