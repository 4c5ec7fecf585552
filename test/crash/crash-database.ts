import { rmSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createDatabase, dropDatabase } from '../support/postgres-database.ts'
import { drain } from './crash-child.ts'
import type { CrashPlan } from './crash-plan.ts'

/** A database that processes die on, and the file in which its receivers tell of their calls. */
export interface CrashDatabase extends AsyncDisposable {
  readonly database: CrashPlan['database']
  readonly log: string
}

/** Makes databases with their tables, which no process was killed on yet. */
export interface CrashDatabases extends AsyncDisposable {
  make(): Promise<CrashDatabase>
}

const NO_LOG = '/dev/null'

/** PGlite in folders: copies of one, which takes a tenth of the time. */
export async function embeddedDatabases(): Promise<CrashDatabases> {
  const root = await temporaryFolder()
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true })
  const first = join(root, 'first')
  try {
    await drain({ log: NO_LOG, database: { folder: first } })
  } catch (error) {
    await remove()
    throw error
  }
  let made = 0
  return {
    async make() {
      made += 1
      const place = join(root, `${made}`)
      const folder = join(place, 'data')
      await cp(first, folder, { recursive: true })
      return {
        database: { folder },
        log: join(place, 'calls'),
        [Symbol.asyncDispose]: () => rm(place, { recursive: true, force: true }),
      }
    },
    [Symbol.asyncDispose]: remove,
  }
}

/** Databases on the PostgreSQL server of `serverUrl`. */
export async function serverDatabases(serverUrl: string): Promise<CrashDatabases> {
  const root = await temporaryFolder()
  return {
    async make() {
      const url = await createDatabase(serverUrl)
      const log = join(root, new URL(url).pathname)
      await drain({ log, database: { url } })
      return { database: { url }, log, [Symbol.asyncDispose]: () => dropDatabase(serverUrl, url) }
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}

/** A folder that goes with this process at the latest. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'aldis-crash-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}
