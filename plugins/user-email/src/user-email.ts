import { randomUUID } from 'node:crypto'

import { defineEntity, p, type InstanceOf, type PluginModels } from '@aldis/models'
import { User } from '@aldis/portal'

/** An address of a user. */
export const UserEmail = defineEntity({
  name: 'UserEmail',
  tableName: 'user_emails',
  properties: {
    id: p
      .uuid()
      .primary()
      .onCreate(() => randomUUID()),
    user: () => p.manyToOne(User),
    /** In lower case; unique among those of its user. */
    email: p.string(),
    /** Whether the user has shown that mail to it arrives. Nothing in this plugin sets it. */
    verified: p.boolean().default(false),
    created: p.datetime().onCreate(() => new Date()),
  },
})
export type UserEmail = InstanceOf<typeof UserEmail>

/** What the plugin keeps in the database. */
export const userEmailModels: PluginModels = {
  entities: [UserEmail],
  migrations: [
    {
      name: '0001_user_emails',
      up: [
        `create table user_emails (
          id uuid primary key,
          user_id uuid not null references users (id) on delete cascade,
          email text not null,
          verified boolean not null default false,
          created timestamptz not null,
          unique (user_id, email)
        )`,
        `create index user_emails_email on user_emails (email)`,
        // The plugin may come to a portal that has users.
        `insert into user_emails (id, user_id, email, created)
          select gen_random_uuid(), id, lower(email), now() from users where email <> ''`,
      ],
    },
  ],
}
