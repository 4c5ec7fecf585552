import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'

import { createDatastoreSchema } from '../datastore-schema.ts'

export type ScratchDatabase = Kysely<Record<string, Record<string, unknown>>>

/** A database in memory with the schema of the datastore, for one test; disposed of, it is gone. */
export async function scratchDatabase(): Promise<ScratchDatabase> {
  const database: ScratchDatabase = new Kysely({ dialect: new PGliteDialect({ pglite: new PGlite() }) })
  await createDatastoreSchema(database)
  return database
}
