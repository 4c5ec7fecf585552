import { sql, type RawBuilder } from 'kysely'

import type { Column } from './column-type.ts'
import { DatastoreInputError, refuseUnknownFields } from './datastore-input-error.ts'
import { comparable } from './filter-sql.ts'

/** One column that rows are sorted by. */
export interface SortTerm {
  readonly column: string
  readonly descending: boolean
}

/** Longer than the longest name with everything that can follow it. */
const longestTerm = 300

/**
 * Read the `sort` of an action: `'a desc, b'`, or a list of such terms.
 *
 * A name that has a comma in it stands in double quotes. `nulls first` and `nulls last` are not known.
 *
 * @throws DatastoreInputError for `sort`, also when a column is not one of `columns`.
 */
export function parseSort(input: unknown, columns: readonly Column[]): SortTerm[] {
  if (input === undefined || input === null || input === '') return []
  const known = new Set(columns.map(({ id }) => id))
  const terms = termsOf(input).map((term) => parseTerm(term.trim(), known))
  refuseUnknownFields(
    'sort',
    terms.map(({ column }) => column),
    known,
  )
  return terms
}

function termsOf(input: unknown): string[] {
  if (typeof input === 'string') return input.match(/(?:"[^"]*"|[^",]|"(?=[^"]*$))+/g) ?? []
  if (Array.isArray(input)) {
    const terms = input.filter((term: unknown) => typeof term === 'string')
    if (terms.length === input.length) return terms
  }
  throw new DatastoreInputError({ sort: ['Sort must be a string, or a list of strings.'] })
}

function parseTerm(term: string, known: ReadonlySet<string>): SortTerm {
  if (known.has(term)) return { column: term, descending: false }
  const direction = term.length > longestTerm ? null : /\s+(asc|desc)$/i.exec(term)
  const name = direction === null ? term : term.slice(0, direction.index)
  const quoted = /^"([^"]+)"$/.exec(name)
  return { column: quoted?.[1] ?? name, descending: direction?.[1]?.toLowerCase() === 'desc' }
}

/** What comes after `order by`; `table` is the name that the table has in the statement. */
export function sortSql(
  terms: readonly SortTerm[],
  columns: readonly Column[],
  table: string,
): RawBuilder<unknown> {
  const byName = new Map(columns.map((column) => [column.id, column]))
  return sql.join(
    terms.flatMap(({ column, descending }) => {
      const known = byName.get(column)
      if (known === undefined) return []
      return [sql`${comparable(table, known)} ${descending ? sql`desc` : sql`asc`}`]
    }),
  )
}
