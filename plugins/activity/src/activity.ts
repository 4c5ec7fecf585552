import { defineEntity, p, type InstanceOf, type PluginModels } from '@aldis/models'
import { Dataset, User } from '@aldis/portal'

import { SUBJECT_KINDS, VERBS } from './verbs.ts'

/** What a row keeps besides its columns: a few plain values. */
export type Details = Readonly<Record<string, string | number | boolean | null>>

/** One thing that somebody did. */
export const Activity = defineEntity({
  name: 'Activity',
  tableName: 'activities',
  properties: {
    /** Later rows have higher numbers. */
    id: p.bigint('number').primary().autoincrement(),
    at: p.datetime(),
    /** Who did it; null for the portal itself, and when the user's row is gone. */
    actor: () => p.manyToOne(User).nullable(),
    /** The actor's name as it was. */
    actorName: p.string().nullable(),
    verb: p.enum(VERBS),
    subjectKind: p.enum(SUBJECT_KINDS),
    subjectId: p.uuid(),
    /** How the subject was called. */
    subjectTitle: p.string(),
    /** The dataset that it is about: whoever may not see that one does not see this. */
    dataset: () => p.manyToOne(Dataset).nullable(),
    data: p.json<Details>(),
  },
})
export type Activity = InstanceOf<typeof Activity>

/** What the plugin keeps in the database. */
export const activityModels: PluginModels = {
  entities: [Activity],
  migrations: [
    {
      name: '0001_activities',
      up: [
        `create table activities (
          id bigint generated always as identity primary key,
          at timestamptz not null,
          actor_id uuid references users (id) on delete set null,
          actor_name text,
          verb text not null,
          subject_kind text not null,
          subject_id uuid not null,
          subject_title text not null,
          dataset_id uuid references datasets (id) on delete cascade,
          data jsonb not null
        )`,
        `create index activities_dataset on activities (dataset_id, id) where dataset_id is not null`,
        `create index activities_actor on activities (actor_id, id)`,
        `create index activities_user on activities (subject_id, id) where subject_kind = 'user'`,
        `create index activities_at on activities (at)`,
      ],
    },
  ],
}
