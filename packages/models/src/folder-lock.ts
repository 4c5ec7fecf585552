import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { DatabaseLockedError } from './models-errors.ts'

/**
 * Take the lock of the embedded database in `folder`, which PGlite does not do: two processes would destroy it. The
 * lock is a file beside the folder with the holder's process id; one whose process is gone is taken over.
 *
 * @throws DatabaseLockedError with the holder's process id
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  const file = `${folder}.lock`
  await mkdir(dirname(file), { recursive: true })
  for (;;) {
    try {
      await writeFile(file, `${process.pid}\n`, { flag: 'wx', mode: 0o600 })
      return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const holder = await holderOf(file)
    if (holder !== undefined && isRunning(holder)) throw new DatabaseLockedError(folder, holder)
    await rm(file, { force: true })
  }
}

async function holderOf(file: string): Promise<number | undefined> {
  const pid = Number(await readFile(file, 'utf8').catch(() => ''))
  return Number.isInteger(pid) && pid > 0 ? pid : undefined
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is a process.
    return codeOf(error) === 'EPERM'
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
