import { randomUUID } from 'node:crypto'

import { defineEntity, p, type InstanceOf } from '@aldis/models'

import { Organization } from './organization.ts'
import { User } from './user.ts'

const DATASET_STATES = ['draft', 'active', 'deleted'] as const

/** A key and a value that the portal gives no meaning. */
export interface Extra {
  readonly key: string
  readonly value: string
}

/** What the portal is about: a described set of resources. CKAN calls it a package. */
export const Dataset = defineEntity({
  name: 'Dataset',
  tableName: 'datasets',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUID()),
    /** Unique among datasets that are not deleted. */
    name: p.string(),
    title: p.string(),
    notes: p.text().nullable(),
    type: p.string().default('dataset'),
    organization: () => p.manyToOne(Organization).nullable(),
    private: p.boolean().default(false),
    state: p.enum(DATASET_STATES).default('active'),
    author: p.string().nullable(),
    authorEmail: p.string().nullable(),
    maintainer: p.string().nullable(),
    maintainerEmail: p.string().nullable(),
    licenseId: p.string().nullable(),
    url: p.text().nullable(),
    version: p.string().nullable(),
    creator: () => p.manyToOne(User).nullable(),
    extras: p.json<readonly Extra[]>(),
    tags: p.array(),
    metadataCreated: p.datetime().onCreate(() => new Date()),
    metadataModified: p.datetime().onCreate(() => new Date()),
    /** Counts the writes: of two at once, the second fails. */
    lockVersion: p.integer().version(),
  },
})
export type Dataset = InstanceOf<typeof Dataset>
