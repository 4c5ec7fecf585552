import { Readable } from 'node:stream'

import { em, transaction } from '@aldis/models'
import { Resource, type FileStorage } from '@aldis/portal'
import type { QueryExecutorProvider } from 'kysely'

import { setAliases } from './aliases.ts'
import { readCsvTable, type CsvTable } from './csv-table.ts'
import { dropAndTell, sendUpsert } from './datastore-events.ts'
import { DatastoreInputError } from './datastore-input-error.ts'
import { aliasesOf, findTable } from './datastore-table.ts'
import { fieldInfoOf, saveFieldInfo } from './field-info.ts'
import { insertCells } from './insert-rows.ts'
import { lockedIfThere, noteTable } from './locked-resource.ts'
import type { Settings } from './settings.ts'
import { defineTable } from './table.ts'

/** What loading a file needs. */
export interface FileTableOptions extends Settings {
  readonly storage: FileStorage
  /** Gives the load up when it is aborted. */
  readonly signal: AbortSignal
}

/** The formats whose files are loaded. */
const formats: ReadonlySet<string> = new Set(['CSV', 'TSV'])

/** Whether the file of `resource` is one that is loaded. */
function isLoadable({ urlType, format }: Resource): boolean {
  return urlType === 'upload' && formats.has(format.toUpperCase())
}

/**
 * Let the table of the resource `id` have the rows of its file, and nothing else: what it had goes, except its aliases and
 * what is said about fields that stay. A file that is none of rows has no table.
 *
 * Nothing happens when the resource has another file by the time that this one is read.
 *
 * @throws DatastoreInputError for `upload`, when the file cannot be a table
 */
export async function loadFile(id: string, options: FileTableOptions): Promise<void> {
  const resource = await em().findOne(Resource, { id, state: 'active' })
  const file = resource?.fileId
  if (!resource || file === null || file === undefined) return
  if (!isLoadable(resource)) return dropTableOf(id, file)
  const table = await readFile(file, resource.size ?? 0, options)
  await transaction(async () => {
    const locked = await lockedIfThere(id)
    if (locked?.fileId !== file) return
    await replaceRows(em().getKysely(), id, table, options.signal)
    noteTable(locked, true)
    noteProblem(locked, undefined)
  })
}

/** Note on the resource `id` why its file has no table, and drop the one that it had. */
export async function noteFailedLoad(id: string, problem: string): Promise<void> {
  await transaction(async () => {
    const locked = await lockedIfThere(id)
    if (locked?.urlType !== 'upload') return
    await dropIfThere(em().getKysely(), id)
    noteTable(locked, false)
    noteProblem(locked, problem)
  })
}

async function dropTableOf(id: string, file: string): Promise<void> {
  await transaction(async () => {
    const locked = await lockedIfThere(id)
    if (locked?.fileId !== file) return
    await dropIfThere(em().getKysely(), id)
    noteTable(locked, false)
    noteProblem(locked, undefined)
  })
}

async function dropIfThere(executor: QueryExecutorProvider, id: string): Promise<void> {
  const table = await findTable(executor, id)
  if (table !== undefined) await dropAndTell(executor, table, 'resource_update')
}

async function readFile(file: string, size: number, options: FileTableOptions): Promise<CsvTable> {
  const { maxBytes, maxRows, storage, signal } = options
  if (size > maxBytes) {
    throw new DatastoreInputError({ upload: [`The file has more than ${maxBytes} bytes.`] })
  }
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const opened = await storage.open(file)
    if (opened === undefined) throw new DatastoreInputError({ upload: ['The file is not there any more.'] })
    const read: AsyncIterable<Uint8Array> = opened.stream
    for await (const chunk of read) {
      signal.throwIfAborted()
      yield chunk
    }
  }
  return readCsvTable(() => Readable.from(chunks(), { objectMode: false }), { rows: maxRows })
}

async function replaceRows(
  executor: QueryExecutorProvider,
  id: string,
  table: CsvTable,
  signal: AbortSignal,
): Promise<void> {
  const { columns, rowCount } = table
  const aliases = await aliasesOf(executor, id)
  const infos = await fieldInfoOf(executor, id)
  await dropIfThere(executor, id)
  await defineTable(executor, id, columns)
  await saveFieldInfo(
    executor,
    id,
    columns.map((column) => ({ id: column.id, info: infos.get(column.id) })),
  )
  await setAliases(executor, id, aliases)
  for await (const cells of table.batches()) {
    signal.throwIfAborted()
    await insertCells(executor, id, columns, cells)
  }
  await sendUpsert(id, { method: 'insert', records: [], count: rowCount })
}

/** Only what is new is written: a resource that is as it was sends no signals. */
function noteProblem(resource: Resource, problem: string | undefined): void {
  const { datastore_error: noted, ...extras } = resource.extras
  if (noted === problem) return
  resource.extras = problem === undefined ? extras : { ...extras, datastore_error: problem }
}
