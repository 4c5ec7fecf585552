/**
 * The set-up of a run: a folder that is the system's temporary one for all test files, and goes with the run,
 * so that what tests leave there does not pile up on the machine.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Resolves with what removes the folder. vitest calls both. */
export default async function temporaryFolder(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'aldis-'))
  // As the system's own: a PostgreSQL server of the tests runs as another user, and removes what it made.
  await chmod(folder, 0o1777)
  process.env['TMPDIR'] = folder
  return () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}
