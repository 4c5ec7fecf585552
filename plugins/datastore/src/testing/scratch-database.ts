import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect, sql } from 'kysely'

import { datastoreModels } from '../datastore-schema.ts'

export type ScratchDatabase = Kysely<Record<string, Record<string, unknown>>>

/** A database in memory with the schema of the datastore, for one test; disposed of, it is gone. */
export async function scratchDatabase(): Promise<ScratchDatabase> {
  const database: ScratchDatabase = new Kysely({ dialect: new PGliteDialect({ pglite: new PGlite() }) })
  for (const { up } of datastoreModels.migrations) {
    for (const statement of up) await sql.raw(statement).execute(database)
  }
  return database
}
