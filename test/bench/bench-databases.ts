import { startPostgres, type PostgresServer } from '../support/postgres-server.ts'
import { missingRequirements } from '../support/requirements.ts'
import type { Case } from './case.ts'

/** The cases of `measure` on PostgreSQL, where there is one, and on PGlite. */
export async function onBothDatabases(
  name: string,
  measure: (title: string, database: Record<string, unknown>) => Promise<Case[]>,
): Promise<Case[]> {
  const cases: Case[] = []
  {
    await using server = await postgresFor(name)
    if (server) cases.push(...(await measure('PostgreSQL', { url: server.url })))
  }
  cases.push(...(await measure('PGlite', { folder: null })))
  return cases
}

/** A PostgreSQL server for the bench `name`; undefined, after a line that says so, where there is none. */
export async function postgresFor(name: string): Promise<PostgresServer | undefined> {
  const missing = missingRequirements().find((requirement) => requirement.name === 'postgres')
  if (missing === undefined) return startPostgres()
  console.error(`\n${name}: left out on PostgreSQL, which is not here (${missing.howToGet}).`)
  return undefined
}
