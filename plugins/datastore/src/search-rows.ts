import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely'

import type { Column } from './column-type.ts'
import { blameInput } from './database-refusal.ts'
import { DatastoreInputError, refuseUnknownFields } from './datastore-input-error.ts'
import { tableSql, type DatastoreTable } from './datastore-table.ts'
import { comparable, filterSql } from './filter-sql.ts'
import { parseFilters } from './filters.ts'
import { fullTextTerms, type FullTextInput, type FullTextTerm } from './full-text.ts'
import { cellsOfRow, selectedCells, type AnswerField, type SelectedRows } from './selected-rows.ts'
import { parseSort, sortSql } from './sort.ts'

/** A search as an action is asked for it; what comes from outside is checked here. */
export interface RowSearch extends FullTextInput {
  /** An object, a list of objects, or the JSON of either; see `parseFilters`. */
  readonly filters?: unknown
  /** The fields wanted: a list, or names with commas between. @defaultValue all of them */
  readonly fields?: unknown
  /** `'a desc, b'`, or a list of such terms. @defaultValue the best found first, then by `_id` */
  readonly sort?: unknown
  /** Whether rows that are alike in the wanted fields are told once. @defaultValue `false` */
  readonly distinct?: boolean | undefined
  /** A whole number; more than 32,000 are never given. @defaultValue `100` */
  readonly limit?: unknown
  /** How many rows are left out at the beginning. @defaultValue `0` */
  readonly offset?: unknown
  /** Whether all rows that fit are counted. @defaultValue `true` */
  readonly include_total?: boolean | undefined
}

/** What a search found. */
export interface FoundRows extends SelectedRows {
  /** The limit that was applied. */
  readonly limit: number
  readonly offset: number
  /** How many rows fit, whatever the limit; only when it was asked for. */
  readonly total?: number
}

const defaultLimit = 100
const highestLimit = 32_000
/** What `offset` of PostgreSQL takes, and JavaScript holds. */
const highestOffset = Number.MAX_SAFE_INTEGER

/**
 * Find rows of `table`.
 *
 * @throws DatastoreInputError for the part of `search` that is wrong: `filters`, `fields`, `sort`, `q`,
 * `full_text`, `limit` or `offset`.
 */
export async function searchRows(
  executor: QueryExecutorProvider,
  table: DatastoreTable,
  search: RowSearch,
): Promise<FoundRows> {
  const filter = parseFilters(search.filters)
  const terms = fullTextTerms(search, table.columns, '_target')
  const where = sql.join(
    [filterSql(filter, table.columns, '_target'), ...terms.map(({ condition }) => condition)],
    sql` and `,
  )
  const columns = wantedColumns(search.fields, table.columns)
  const ranks = search.distinct === true ? [] : ranksOf(terms, table.columns)
  const sortable = search.distinct === true ? columns : table.columns
  const order = orderSql(parseSort(search.sort, sortable), sortable, ranks)
  const limit = Math.min(wholeNumber('limit', search.limit, defaultLimit), highestLimit)
  const offset = wholeNumber('offset', search.offset, 0)
  const found = sql`(select ${foundColumns(search.distinct === true, columns, ranks)}
    from ${tableSql(table.id)} as _target where ${where})`
  const selected = [...columns, ...ranks.map(({ column }) => column)]
  const blamed = terms.length > 0 && search.plain === false ? 'q' : 'filters'
  const { rows } = await blameInput(blamed, () =>
    sql<Record<string, string | null>>`
      select ${selectedCells('_found', selected)} from ${found} as _found
      order by ${order} limit ${limit} offset ${offset}`.execute(executor),
  )
  const fields: AnswerField[] = [...columns, ...ranks.map(({ id, column: { type } }) => ({ id, type }))]
  const answer = { fields, rows: rows.map((row) => cellsOfRow(selected, row)), limit, offset }
  if (search.include_total === false) return answer
  const counted = await blameInput(blamed, () =>
    sql<{ count: string }>`select count(*)::text as count from ${found} as _found`.execute(executor),
  )
  return { ...answer, total: Number(counted.rows[0]?.count) }
}

/** How well rows fit, as a column of the subquery that no column of a table has the name of. */
interface Rank {
  /** What it is called in the answer. */
  readonly id: string
  readonly column: { readonly id: string; readonly type: 'float8' }
  readonly value: RawBuilder<number>
}

/** A column of the table that is called like a rank hides it. */
function ranksOf(terms: readonly FullTextTerm[], columns: readonly Column[]): Rank[] {
  const taken = new Set(columns.map(({ id }) => id))
  return terms.flatMap(({ rank, rankSql }, index) => {
    if (taken.has(rank)) return []
    taken.add(rank)
    return [{ id: rank, column: { id: `_rank${index}`, type: 'float8' as const }, value: rankSql }]
  })
}

/** The subquery has all columns, so that rows can be sorted by one that is not wanted, unless they are distinct. */
function foundColumns(
  distinct: boolean,
  columns: readonly Column[],
  ranks: readonly Rank[],
): RawBuilder<unknown> {
  if (distinct) {
    return sql`distinct ${sql.join(columns.map((column) => sql`${comparable('_target', column)} as ${sql.id(column.id)}`))}`
  }
  return sql.join([
    sql`_target.*`,
    ...ranks.map(({ column, value }) => sql`${value} as ${sql.id(column.id)}`),
  ])
}

function orderSql(
  terms: ReturnType<typeof parseSort>,
  sortable: readonly Column[],
  ranks: readonly Rank[],
): RawBuilder<unknown> {
  const hasId = sortable.some(({ id }) => id === '_id')
  if (terms.length === 0) {
    const best = ranks.map(({ column }) => sql`${sql.id('_found', column.id)} desc`)
    const rest = (hasId ? ['_id'] : sortable.map(({ id }) => id)).map((column) => ({
      column,
      descending: false,
    }))
    return sql.join([...best, sortSql(rest, sortable, '_found')])
  }
  // Pages must not overlap, so rows that are alike in what they are sorted by have an order too.
  return sortSql(hasId ? [...terms, { column: '_id', descending: false }] : terms, sortable, '_found')
}

function wantedColumns(input: unknown, columns: readonly Column[]): readonly Column[] {
  if (input === undefined || input === null || input === '') return columns
  const names: unknown = typeof input === 'string' ? input.split(',').map((name) => name.trim()) : input
  if (!Array.isArray(names)) throw notFields()
  const wanted = new Set(names.filter((name: unknown) => typeof name === 'string'))
  if (wanted.size === 0 || names.some((name: unknown) => typeof name !== 'string')) throw notFields()
  refuseUnknownFields(
    'fields',
    wanted,
    columns.map(({ id }) => id),
  )
  return [...wanted].flatMap((name) => columns.filter(({ id }) => id === name))
}

const notFields = (): DatastoreInputError =>
  new DatastoreInputError({ fields: ['Fields must be a list of names.'] })

function wholeNumber(field: string, input: unknown, otherwise: number): number {
  if (input === undefined || input === null || input === '') return otherwise
  const value = typeof input === 'string' && /^\d+$/.test(input) ? Number(input) : input
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= highestOffset)
    return value
  throw new DatastoreInputError({ [field]: ['Must be a natural number'] })
}
