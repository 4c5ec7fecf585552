import { sql, type RawBuilder } from 'kysely'

import type { Column } from './column-type.ts'
import { DatastoreInputError, refuseUnknownFields } from './datastore-input-error.ts'

/** How the words of rows and queries are brought to a common form; CKAN's default. */
const language = sql.lit('english')
/** The characters of a row that are searched. PostgreSQL's own limit is a megabyte of words. */
const searchedCharacters = 200_000

/** One query in words: of all fields, or of one. */
interface TextQuery {
  readonly field: string | undefined
  readonly text: string
}

/** A search by words, as an action is asked for it. */
export interface FullTextInput {
  /** Words that a row must have, or for each field those that the field must have. */
  readonly q?: unknown
  /** More words that a row must have, beside those of single fields. */
  readonly full_text?: unknown
  /** Whether the queries are words, all of which must be there, or in PostgreSQL's query syntax. @defaultValue `true` */
  readonly plain?: boolean | undefined
}

/** A condition of a search by words, and how well a row fulfils it. */
export interface FullTextTerm {
  /** What the rank is called in the answer: `rank`, or `rank author` for the field `author`. */
  readonly rank: string
  readonly condition: RawBuilder<boolean>
  readonly rankSql: RawBuilder<number>
}

/**
 * What rows of `table` must fulfil to be found by `input`; empty when nothing is searched for.
 *
 * @throws DatastoreInputError for `q` or `full_text`.
 */
export function fullTextTerms(
  input: FullTextInput,
  columns: readonly Column[],
  table: string,
): FullTextTerm[] {
  const byName = new Map(columns.map((column) => [column.id, column]))
  const toQuery = input.plain === false ? sql`to_tsquery` : sql`plainto_tsquery`
  return parseQueries(input, columns).map(({ field, text }) => {
    const searched =
      field === undefined ? columns.slice(1) : [byName.get(field)].filter((one) => one !== undefined)
    // The list is an array because a function takes no more than a hundred arguments.
    const cells = sql.join([sql`''`, ...searched.map(({ id }) => sql`${sql.id(table, id)}::text`)])
    const words = sql`to_tsvector(${language}, left(array_to_string(array[${cells}], ' '), ${sql.lit(searchedCharacters)}))`
    const query = sql`${toQuery}(${language}, ${text}::text)`
    return {
      rank: field === undefined ? 'rank' : `rank ${field}`,
      condition: sql<boolean>`${words} @@ ${query}`,
      rankSql: sql<number>`ts_rank(${words}, ${query}, 32)::float8`,
    }
  })
}

function parseQueries({ q, full_text: fullText }: FullTextInput, columns: readonly Column[]): TextQuery[] {
  const queries: TextQuery[] = []
  if (isGiven(fullText)) queries.push({ field: undefined, text: textOf('full_text', fullText) })
  if (!isGiven(q)) return queries
  const byField = typeof q === 'string' && q.trimStart().startsWith('{') ? fromJson(q) : q
  if (typeof byField !== 'object' || byField === null || Array.isArray(byField)) {
    return [...queries, { field: undefined, text: textOf('q', byField) }]
  }
  refuseUnknownFields(
    'q',
    Object.keys(byField),
    columns.map(({ id }) => id),
  )
  for (const [field, text] of Object.entries(byField)) queries.push({ field, text: textOf('q', text) })
  return queries
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

/** In the query of an address, the words of single fields come as JSON; other text may begin with a brace too. */
function fromJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return text
  }
}

function textOf(field: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new DatastoreInputError({ [field]: ['What is searched for must be a string.'] })
}
