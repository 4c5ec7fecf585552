import type { LibrarySchema, RawDatabase } from '@aldis/models'
import { getConstructionPlans, getMigrationPlans } from 'pg-boss'
import pgBoss from 'pg-boss/package.json' with { type: 'json' }
import { z } from 'zod'

/** The schema of the database that holds the jobs. */
export const SCHEMA = 'aldis_jobs'

const There = z.tuple([z.object({ there: z.boolean() })])
const Version = z.tuple([z.object({ version: z.coerce.number() })])

/** The tables of pg-boss, which it makes and migrates by its own plans. */
export const bossSchema: LibrarySchema = {
  name: 'pg_boss',
  version: pgBoss.pgboss.schema,
  async current(database) {
    const { rows } = await database.execute(
      `select to_regclass('${SCHEMA}.version') is not null as there where $1`,
      [true],
    )
    if (!There.parse(rows)[0].there) return undefined
    const { rows: versions } = await database.execute(`select version from ${SCHEMA}.version where $1`, [
      true,
    ])
    return Version.parse(versions)[0].version
  },
  async upgrade(database, from) {
    const plan = from === undefined ? getConstructionPlans(SCHEMA) : getMigrationPlans(SCHEMA, from)
    try {
      await database.execute(plan)
    } catch (error) {
      // Of processes that do this at once, one does, and the others fail when it has.
      if (!(await isCurrent(database))) throw error
    }
  },
}

async function isCurrent(database: RawDatabase): Promise<boolean> {
  return (await bossSchema.current(database)) === bossSchema.version
}
