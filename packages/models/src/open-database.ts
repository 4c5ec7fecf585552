import type { Database } from './database.ts'
import { DatabaseClosedError } from './models-errors.ts'

/** One host runs in a process and has one database; two installed copies of this package share it. */
const KEY = Symbol.for('aldis.models/0')

interface Slot {
  database: Database | undefined
}

function slot(): Slot {
  const known: unknown = Reflect.get(globalThis, KEY)
  if (isSlot(known)) return known
  const made: Slot = { database: undefined }
  Reflect.set(globalThis, KEY, made)
  return made
}

function isSlot(value: unknown): value is Slot {
  return typeof value === 'object' && value !== null && 'database' in value
}

/**
 * The database that the host in this process has open.
 *
 * @throws DatabaseClosedError when there is none
 */
export function openDatabase(): Database {
  const { database } = slot()
  if (database === undefined) throw new DatabaseClosedError()
  return database
}

/** `database` is the one in use now; undefined when it is closed. */
export function setOpenDatabase(database: Database | undefined): void {
  slot().database = database
}
