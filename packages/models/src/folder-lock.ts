import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { messageOf } from '@aldis/core'

import { DatabaseLockedError, DatabaseUnusableError } from './models-errors.ts'

/** SQLite's number for a lock that another process has. */
const BUSY = 5
/** How often a lock whose holder is gone or not known yet is tried again, and how long SQLite waits for its pid. */
const ATTEMPTS = 20
const PID_TIMEOUT_MS = 100
/** Longer than who has written its id takes to find out whether it has the lock. */
const PAUSE_MS = 50

/**
 * Take the lock of the embedded database in `folder`, which PGlite does not do: two processes would destroy it.
 *
 * The lock is one of the operating system, on a file beside the folder that has the holder's process id. It goes with
 * the process, however that ends, so there is nothing to take over; the file stays and must not be deleted. SQLite takes
 * the lock because Node has no other way to.
 *
 * @throws DatabaseLockedError with the holder's process id
 * @throws DatabaseUnusableError when the file cannot be written
 */
export function lockFolder(folder: string): Disposable {
  const file = openFile(folder)
  try {
    let seen = 0
    let written = 0
    for (let attempt = 1; ; attempt++) {
      // Written, and then taken once more: what is not committed nobody else can read.
      if (take(file) && write(file)) {
        if (take(file)) return { [Symbol.dispose]: () => file.close() }
        written = process.pid
      }
      const holder = holderOf(file)
      // Who has written its id may yet lose to another that came at the same moment: it is believed when it is there twice,
      // and not when it is this one, whose winner has not written yet.
      const isHolder = holder === seen && holder !== written && isRunning(holder)
      if (attempt === ATTEMPTS || isHolder) throw new DatabaseLockedError(folder, holder)
      seen = holder
      pause(PAUSE_MS)
    }
  } catch (error) {
    file.close()
    if (error instanceof DatabaseLockedError) throw error
    throw unusable(folder, error)
  }
}

function openFile(folder: string): DatabaseSync {
  try {
    mkdirSync(dirname(folder), { recursive: true })
    const path = `${folder}.lock`
    makePrivate(path)
    return new DatabaseSync(path)
  } catch (error) {
    throw unusable(folder, error)
  }
}

/** Make `path` its owner's alone: who can open it can hold the lock. */
function makePrivate(path: string): void {
  try {
    // One that is there is not opened: closing it would give away what this process has locked in it.
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    chmodSync(path, 0o600)
  }
}

/** Whether this process has the lock now. */
function take(file: DatabaseSync): boolean {
  file.exec('pragma busy_timeout = 0')
  return unlessBusy(() => file.exec('begin immediate'))
}

/** Write this process's id, which gives the lock back. */
function write(file: DatabaseSync): boolean {
  file.exec(`pragma busy_timeout = ${PID_TIMEOUT_MS}; pragma user_version = ${process.pid}`)
  return unlessBusy(() => file.exec('commit'))
}

function holderOf(file: DatabaseSync): number {
  if (file.isTransaction) file.exec('rollback')
  file.exec(`pragma busy_timeout = ${PID_TIMEOUT_MS}`)
  let pid = 0
  unlessBusy(() => {
    pid = Number(file.prepare('pragma user_version').get()?.['user_version'])
  })
  return pid
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

function unlessBusy(body: () => void): boolean {
  try {
    body()
    return true
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return false
    throw error
  }
}

function isRunning(pid: number): boolean {
  if (pid === 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is a process.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function unusable(folder: string, cause: unknown): DatabaseUnusableError {
  const reason = `its lock ${folder}.lock cannot be taken: ${messageOf(cause)}.`
  return new DatabaseUnusableError(`in ${folder}`, reason, { cause })
}
