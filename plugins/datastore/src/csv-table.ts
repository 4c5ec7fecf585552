import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { CsvError, parse } from 'csv-parse'

import { cellText, type CellText } from './cell.ts'
import { checkedUtf8 } from './checked-utf8.ts'
import { columnNamesFrom } from './column-name.ts'
import type { Column } from './column-type.ts'
import { csvDelimiter, type CsvDelimiter } from './csv-delimiter.ts'
import { DatastoreInputError } from './datastore-input-error.ts'
import { TextColumnGuess } from './guessed-type.ts'

/** How much a table may be. */
export interface CsvLimits {
  /** @defaultValue `500` */
  readonly columns?: number
  /** @defaultValue `10_000_000` */
  readonly rows?: number
  /** The characters of one row, which are in memory at once. @defaultValue `1_000_000` */
  readonly rowCharacters?: number
}

/** Rows for one statement: a list of cells for each column. */
type CsvBatch = readonly (readonly CellText[])[]

/** A table in CSV, after its text was read once. */
export interface CsvTable {
  readonly columns: readonly Column[]
  /** How many rows it has, besides that of its headings. */
  readonly rowCount: number
  /** Read the text again, batch by batch; cells that are empty are null. */
  batches(): AsyncGenerator<CsvBatch, void, undefined>
}

const batchRows = 10_000
const batchCharacters = 4_000_000

/**
 * Read a table of CSV in UTF-8 whose cells stand between commas, semicolons or tabs. `open` gives its text from
 * the beginning, each time it is called: the first reading tells the type of every column, which holds all its
 * cells, and the second gives the rows. Neither keeps the whole text in memory.
 *
 * The first row has the headings; those that cannot name a column are changed until they can. A row that is
 * shorter than the others lacks its last cells, and one that is longer makes more columns.
 *
 * @throws DatastoreInputError for `upload`, when it is not in UTF-8, is no CSV, has no headings, or exceeds a limit.
 */
export async function readCsvTable(open: () => Readable, limits: CsvLimits = {}): Promise<CsvTable> {
  const { columns: maximumColumns = 500, rows: maximumRows = 10_000_000 } = limits
  const { rowCharacters = 1_000_000 } = limits
  const delimiter = csvDelimiter(await beginningOf(open()))
  const parseRows = (): AsyncGenerator<string[], void, undefined> => csvRows(open(), delimiter, rowCharacters)
  let headings: string[] | undefined
  const guesses: TextColumnGuess[] = []
  let rowCount = 0
  for await (const row of parseRows()) {
    if (row.length > maximumColumns) throw problem(`The table has more than ${maximumColumns} columns.`)
    while (guesses.length < row.length) guesses.push(new TextColumnGuess())
    if (headings === undefined) {
      headings = row
      continue
    }
    rowCount += 1
    if (rowCount > maximumRows) throw problem(`The table has more than ${maximumRows} rows.`)
    for (const [index, cell] of row.entries()) guesses[index]?.add(cell)
  }
  if (headings === undefined) throw problem('The table is empty: its first row must have the headings.')
  const names = columnNamesFrom(guesses.map((_guess, index) => headings[index] ?? ''))
  const columns = names.map((id, index) => ({ id, type: guesses[index]?.type ?? ('text' as const) }))
  return { columns, rowCount, batches: () => batchesOf(parseRows(), columns) }
}

async function* batchesOf(
  rows: AsyncIterable<readonly string[]>,
  columns: readonly Column[],
): AsyncGenerator<CsvBatch, void, undefined> {
  let batch: CellText[][] = columns.map(() => [])
  let count = 0
  let characters = 0
  let isHeading = true
  for await (const row of rows) {
    if (isHeading) {
      isHeading = false
      continue
    }
    for (const [index, { type }] of columns.entries()) {
      const cell = row[index] ?? ''
      batch[index]?.push(cell === '' ? null : cellText(type, cell))
      characters += cell.length
    }
    count += 1
    if (count === batchRows || characters > batchCharacters) {
      yield batch
      batch = columns.map(() => [])
      count = 0
      characters = 0
    }
  }
  if (count > 0) yield batch
}

/** The rows of `text`, without white space around the cells that are not in quotes, and without empty lines. */
async function* csvRows(
  text: Readable,
  delimiter: CsvDelimiter,
  rowCharacters: number,
): AsyncGenerator<string[], void, undefined> {
  const parser = parse({
    bom: true,
    delimiter,
    max_record_size: rowCharacters,
    relax_column_count: true,
    // In this order: the first that fits ends the row.
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_quotes: true,
    skip_empty_lines: true,
    trim: true,
  })
  const reading = pipeline(text, checkedUtf8, parser)
  reading.catch(() => undefined)
  try {
    for await (const row of parser) {
      if (isRow(row)) yield row
    }
    await reading
  } catch (error) {
    throw error instanceof CsvError ? problem(error.message, error) : error
  } finally {
    text.destroy()
  }
}

function isRow(row: unknown): row is string[] {
  return Array.isArray(row) && row.every((cell) => typeof cell === 'string')
}

/** Enough of the text for the line of its headings. */
async function beginningOf(text: Readable): Promise<string> {
  const decoder = new TextDecoder()
  let beginning = ''
  try {
    for await (const chunk of text) {
      if (typeof chunk === 'string') beginning += chunk
      else if (chunk instanceof Uint8Array) beginning += decoder.decode(chunk, { stream: true })
      if (beginning.length >= 65_536) break
    }
  } finally {
    text.destroy()
  }
  return beginning
}

const problem = (message: string, cause?: unknown): DatastoreInputError =>
  new DatastoreInputError({ upload: [message] }, { cause })
