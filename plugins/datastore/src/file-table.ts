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
import { dropHiddenTable, makeHiddenTable, showHiddenTable } from './hidden-table.ts'
import { insertCells } from './insert-rows.ts'
import { lockedIfThere, noteTable } from './locked-resource.ts'
import type { Settings } from './settings.ts'

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
 * The rows are written into a table that nobody sees, which takes its place in one transaction. Nothing happens when the resource has another file by the time that this one is read.
 *
 * @throws DatastoreInputError for `upload`, when the file cannot be a table
 */
export async function loadFile(id: string, options: FileTableOptions): Promise<void> {
  const resource = await em().findOne(Resource, { id, state: 'active' })
  const file = resource?.fileId
  if (!resource || file === null || file === undefined) return
  if (!isLoadable(resource)) return dropTableOf(id, file)
  const table = await readFile(file, resource.size ?? 0, options)
  const hidden = await makeHiddenTable(table.columns)
  try {
    await fill(hidden, table, options.signal)
    await transaction(async () => {
      const locked = await lockedIfThere(id)
      if (locked?.fileId !== file) return
      await takePlace(em().getKysely(), id, hidden, table)
      noteTable(locked, true)
      noteProblem(locked, undefined)
    })
  } finally {
    await dropHiddenTable(hidden)
  }
}

/** Each batch is written by itself: whoever else needs the database gets a turn between two. */
async function fill(hidden: string, table: CsvTable, signal: AbortSignal): Promise<void> {
  for await (const cells of table.batches()) {
    signal.throwIfAborted()
    await insertCells(em().getKysely(), hidden, table.columns, cells)
  }
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

/** Let the table `hidden` take the place of the one that the resource `id` has, and of its names. */
async function takePlace(
  executor: QueryExecutorProvider,
  id: string,
  hidden: string,
  { columns, rowCount }: CsvTable,
): Promise<void> {
  const aliases = await aliasesOf(executor, id)
  const infos = await fieldInfoOf(executor, id)
  await dropIfThere(executor, id)
  await showHiddenTable(executor, hidden, id)
  await saveFieldInfo(
    executor,
    id,
    columns.map((column) => ({ id: column.id, info: infos.get(column.id) })),
  )
  await setAliases(executor, id, aliases)
  await sendUpsert(id, { method: 'insert', records: [], count: rowCount })
}

/** Only what is new is written: a resource that is as it was sends no signals. */
function noteProblem(resource: Resource, problem: string | undefined): void {
  const { datastore_error: noted, ...extras } = resource.extras
  if (noted === problem) return
  resource.extras = problem === undefined ? extras : { ...extras, datastore_error: problem }
}
