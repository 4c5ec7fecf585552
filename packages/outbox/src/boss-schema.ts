import type { LibrarySchema, RawDatabase } from '@aldis/models'
import { getConstructionPlans, getMigrationPlans } from 'pg-boss'
import pgBoss from 'pg-boss/package.json' with { type: 'json' }
import { z } from 'zod'

/** The schema of the database that holds the jobs. */
export const SCHEMA = 'aldis_jobs'

const BEGIN = 'BEGIN;'
const COMMIT = 'COMMIT;'

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
    const plan = inTurn(from === undefined ? getConstructionPlans(SCHEMA) : migrationFrom(from))
    try {
      await database.execute(plan)
      return true
    } catch (error) {
      // Of processes that do this at once, one does, and the others fail when it has.
      if (await isCurrent(database)) return false
      throw error
    }
  },
}

/**
 * pg-boss's way from version `from`, all in its transaction. By its plan, indexes are built after that, each beside
 * running writers; those that a crash leaves out would be missing for good.
 */
function migrationFrom(from: number): string {
  const plan = getMigrationPlans(SCHEMA, from)
  const [migration, indexes, ...more] = plan.split(COMMIT)
  if (migration === undefined || indexes === undefined || more.length > 0) {
    throw new Error(`The plan of pg-boss from version ${from} is not one transaction.`)
  }
  return `${migration}${indexes.replaceAll(' CONCURRENTLY ', ' ')}\n${COMMIT}`
}

/** `plan` after those of others that are running: pg-boss's own lock is waited for half a minute, and indexes may take longer. */
function inTurn(plan: string): string {
  const begin = plan.indexOf(BEGIN)
  if (begin < 0) throw new Error('The plan of pg-boss does not begin a transaction.')
  const lock = `\n  select pg_advisory_xact_lock(hashtextextended('${SCHEMA}', 0));`
  return plan.slice(0, begin + BEGIN.length) + lock + plan.slice(begin + BEGIN.length)
}

async function isCurrent(database: RawDatabase): Promise<boolean> {
  return (await bossSchema.current(database)) === bossSchema.version
}
