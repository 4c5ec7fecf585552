import type { PluginModels } from '@aldis/models'

import { ApiToken } from './entities/api-token.ts'
import { Dataset } from './entities/dataset.ts'
import { Member } from './entities/member.ts'
import { Organization } from './entities/organization.ts'
import { PasswordReset } from './entities/password-reset.ts'
import { Resource } from './entities/resource.ts'
import { Session } from './entities/session.ts'
import { User } from './entities/user.ts'

/** What the portal keeps in the database. */
export const portalModels: PluginModels = {
  entities: [User, ApiToken, PasswordReset, Session, Organization, Member, Dataset, Resource],
  migrations: [
    {
      name: '0001_portal',
      up: [
        `create table users (
          id uuid primary key,
          name text not null unique,
          email text not null,
          fullname text,
          about text,
          password_hash text,
          sysadmin boolean not null default false,
          state text not null default 'active' check (state in ('active', 'pending', 'deleted')),
          created timestamptz not null,
          last_active timestamptz
        )`,
        `create unique index users_email on users (lower(email)) where state <> 'deleted'`,
        `create table api_tokens (
          id text primary key,
          name text not null,
          user_id uuid not null references users (id) on delete cascade,
          hash text not null,
          created_at timestamptz not null,
          last_access timestamptz
        )`,
        `create index api_tokens_user on api_tokens (user_id)`,
        `create table password_resets (
          id uuid primary key,
          user_id uuid not null references users (id) on delete cascade,
          key_hash text not null,
          created timestamptz not null,
          expires timestamptz not null
        )`,
        `create index password_resets_user on password_resets (user_id)`,
        `create table sessions (
          id text primary key,
          data jsonb not null,
          user_id uuid,
          expires timestamptz not null
        )`,
        `create index sessions_user on sessions (user_id) where user_id is not null`,
        `create index sessions_expires on sessions (expires)`,
        `create table organizations (
          id uuid primary key,
          name text not null unique,
          title text not null,
          description text,
          state text not null default 'active' check (state in ('active', 'deleted')),
          created timestamptz not null
        )`,
        `create table members (
          id uuid primary key,
          organization_id uuid not null references organizations (id) on delete cascade,
          user_id uuid not null references users (id) on delete cascade,
          capacity text not null check (capacity in ('admin', 'editor', 'member')),
          unique (organization_id, user_id)
        )`,
        `create index members_user on members (user_id)`,
        // array_to_string is not immutable for all types; for text it is.
        `create function portal_words(text[]) returns tsvector language sql immutable
          as $$ select to_tsvector('simple', array_to_string($1, ' ')) $$`,
        `create table datasets (
          id uuid primary key,
          name text not null,
          title text not null,
          notes text,
          type text not null default 'dataset',
          organization_id uuid references organizations (id),
          private boolean not null default false,
          state text not null default 'active' check (state in ('draft', 'active', 'deleted')),
          author text,
          author_email text,
          maintainer text,
          maintainer_email text,
          license_id text,
          url text,
          version text,
          creator_id uuid references users (id),
          extras jsonb not null default '[]',
          tags text[] not null default '{}',
          metadata_created timestamptz not null,
          metadata_modified timestamptz not null,
          lock_version integer not null default 1,
          search tsvector generated always as (
            setweight(to_tsvector('simple', name || ' ' || title), 'A') ||
            setweight(portal_words(tags), 'B') ||
            setweight(to_tsvector('simple', coalesce(notes, '')), 'C')
          ) stored
        )`,
        `create unique index datasets_name on datasets (name) where state <> 'deleted'`,
        `create index datasets_organization on datasets (organization_id)`,
        `create index datasets_modified on datasets (metadata_modified desc, id) where state = 'active'`,
        `create index datasets_tags on datasets using gin (tags)`,
        `create index datasets_search on datasets using gin (search)`,
        `create table resources (
          id uuid primary key,
          dataset_id uuid not null references datasets (id) on delete cascade,
          position integer not null,
          state text not null default 'active' check (state in ('active', 'deleted')),
          url text not null,
          url_type text,
          file_id uuid,
          name text,
          description text,
          format text not null,
          mimetype text,
          size bigint,
          hash text,
          extras jsonb not null default '{}',
          created timestamptz not null,
          metadata_modified timestamptz not null,
          last_modified timestamptz
        )`,
        `create index resources_dataset on resources (dataset_id, position)`,
        `create unique index resources_file on resources (file_id)`,
      ],
    },
  ],
}
