import { startPostgres, type PostgresServer } from '../support/postgres-server.ts'
import { missingRequirements } from '../support/requirements.ts'

/** A PostgreSQL server for the bench `name`; undefined, after a line that says so, where there is none. */
export async function postgresFor(name: string): Promise<PostgresServer | undefined> {
  const missing = missingRequirements().find((requirement) => requirement.name === 'postgres')
  if (missing === undefined) return startPostgres()
  console.error(`\n${name}: left out on PostgreSQL, which is not here (${missing.howToGet}).`)
  return undefined
}
