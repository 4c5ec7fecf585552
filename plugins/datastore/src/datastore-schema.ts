import { sql, type QueryExecutorProvider } from 'kysely'

import { datastoreSchema } from './datastore-table.ts'

/** What people say about the columns of tables; its name cannot be that of a table, nor of an alias. */
export const fieldInfoTable = sql.id(datastoreSchema, '_field')

/** Make the schema that the tables of resources are in, and what is kept beside them, where that is not there. */
export async function createDatastoreSchema(executor: QueryExecutorProvider): Promise<void> {
  await sql`create schema if not exists ${sql.id(datastoreSchema)}`.execute(executor)
  await sql`
    create table if not exists ${fieldInfoTable} (
      resource_id text not null,
      field text not null,
      info jsonb not null,
      primary key (resource_id, field)
    )`.execute(executor)
}
