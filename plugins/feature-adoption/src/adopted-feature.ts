import { randomUUID } from 'node:crypto'

import { defineEntity, p, type InstanceOf, type PluginModels } from '@aldis/models'
import { Organization, User } from '@aldis/portal'

/** A feature that an organization, or the site itself, uses: once for each of the two. */
export const AdoptedFeature = defineEntity({
  name: 'AdoptedFeature',
  tableName: 'adopted_features',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUID()),
    /** Null for the site. */
    organization: () => p.manyToOne(Organization).nullable(),
    feature: p.string(),
    /** When the use was that was recorded first. */
    since: p.datetime(),
    /** Who that was; null when nobody said, and when the user's row is gone. */
    user: () => p.manyToOne(User).nullable(),
  },
})
export type AdoptedFeature = InstanceOf<typeof AdoptedFeature>

/** What the plugin keeps in the database. */
export const adoptionModels: PluginModels = {
  entities: [AdoptedFeature],
  migrations: [
    {
      name: '0001_adopted_features',
      up: [
        `create table adopted_features (
          id uuid primary key,
          organization_id uuid references organizations (id) on delete cascade,
          feature text not null,
          since timestamptz not null,
          user_id uuid references users (id) on delete set null,
          unique (organization_id, feature)
        )`,
        // To a unique key, one null is not another.
        `create unique index adopted_features_site on adopted_features (feature) where organization_id is null`,
      ],
    },
  ],
}
