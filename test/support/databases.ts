/** Suites that run once on each database that Aldis speaks to. */
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

import { afterAll, describe, inject } from 'vitest'

import { createDatabase, dropDatabase } from './postgres-database.ts'
import { requires } from './requirements.ts'

export interface TestDatabase {
  readonly name: 'PGlite' | 'PostgreSQL'
  /**
   * Settings of the plugin `models` for a fresh, empty database: a new one with every call.
   *
   * A database of PGlite is in memory and lives as long as the host that opens it.
   */
  settings(): Promise<DatabaseSettings>
}

/** `folder: null` is PGlite in memory. */
export type DatabaseSettings = { readonly folder: null } | { readonly url: string }

/**
 * Describe `title` on PGlite, then on PostgreSQL, with the same `suite` for both.
 *
 * Where PostgreSQL is missing that half is left out, or fails the file when `ALDIS_REQUIRE` names it. Its
 * databases are on a server that all test files share, and are dropped when the suite has ended.
 */
export function describeDatabases(title: string, suite: (database: TestDatabase) => void): void {
  describe(`${title} on PGlite`, () => {
    suite({ name: 'PGlite', settings: () => Promise.resolve({ folder: null }) })
  })

  describe(`${title} on PostgreSQL`, requires('postgres'), () => {
    const made: { server: string; url: string }[] = []
    afterAll(async () => {
      for (const { server, url } of made) await dropDatabase(server, url)
    })
    suite({
      name: 'PostgreSQL',
      async settings() {
        const server = await sharedServer()
        const url = await createDatabase(server)
        made.push({ server, url })
        return { url }
      },
    })
  })
}

async function sharedServer(): Promise<string> {
  const answer = await text(connect(inject('sharedPostgresPort'), '127.0.0.1'))
  if (!URL.canParse(answer)) throw new Error(answer)
  return answer
}
