import type { PluginModels } from '@aldis/models'
import { sql } from 'kysely'

import { datastoreSchema } from './datastore-table.ts'

/** What people say about the columns of tables; its name cannot be that of a table, nor of an alias. */
export const fieldInfoTable = sql.id(datastoreSchema, '_field')

/** The schema that the tables of resources are in, and what is kept beside them. */
export const datastoreModels: PluginModels = {
  entities: [],
  migrations: [
    {
      name: '0001_datastore',
      up: [
        `create schema if not exists datastore`,
        `create table if not exists datastore._field (
          resource_id text not null,
          field text not null,
          info jsonb not null,
          primary key (resource_id, field)
        )`,
        // Tables that are being filled, so that what a crash leaves of them can be dropped.
        `create table if not exists datastore._load (
          table_id uuid primary key,
          started timestamptz not null default now()
        )`,
      ],
    },
  ],
}
