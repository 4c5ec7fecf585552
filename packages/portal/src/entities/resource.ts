import { randomUUID } from 'node:crypto'

import { defineEntity, p, type InstanceOf } from '@aldis/models'

import { Dataset } from './dataset.ts'

/** A file or a link of a dataset. */
export const Resource = defineEntity({
  name: 'Resource',
  tableName: 'resources',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUID()),
    dataset: () => p.manyToOne(Dataset),
    position: p.integer(),
    state: p.enum(['active', 'deleted'] as const).default('active'),
    /** The link; for an upload, the file's name as the last part of its URL has it, percent-encoded. */
    url: p.text(),
    /** `upload` for files that the portal keeps; plugins have their own, such as `datastore`; empty for links. */
    urlType: p.string().nullable(),
    /** The file in the storage. Another upload is another file. */
    fileId: p.uuid().nullable(),
    name: p.string().nullable(),
    description: p.text().nullable(),
    format: p.string(),
    mimetype: p.string().nullable(),
    size: p.bigint('number').nullable(),
    hash: p.string().nullable(),
    /** Other keys that clients sent, and those that plugins set. */
    extras: p.json<Readonly<Record<string, unknown>>>(),
    created: p.datetime().onCreate(() => new Date()),
    /** When the row was last changed. */
    metadataModified: p.datetime().onCreate(() => new Date()),
    /** When the file was last changed. */
    lastModified: p.datetime().nullable(),
  },
})
export type Resource = InstanceOf<typeof Resource>
