import { SearchQueryError } from '../../../action-errors.ts'
import type { Parameters } from '../../../request-parameters/json-parameters.ts'
import { SEARCH_FIELDS } from './search-fields.ts'
import { filterQuery, textQuery, type FieldTerm } from './search-query.ts'

/** How results are ordered. */
interface SortKey {
  readonly field: SortField
  readonly descending: boolean
}

const SORT_FIELDS = [
  'name',
  'title',
  'title_string',
  'metadata_modified',
  'metadata_created',
  'score',
] as const
export type SortField = (typeof SORT_FIELDS)[number]

const FACETS = ['tags', 'organization', 'license_id', 'res_format'] as const
export type Facet = (typeof FACETS)[number]

/** What is searched for. */
export interface SearchRequest {
  /** Words; empty for everything. */
  readonly text: string
  readonly terms: readonly FieldTerm[]
  readonly rows: number
  readonly start: number
  /** As the answer has it. */
  readonly sort: string
  readonly sortKeys: readonly SortKey[]
  readonly facets: readonly Facet[]
  /** The most values of a facet; null for all. */
  readonly facetLimit: number | null
  /** The keys that results have; null for all. */
  readonly keys: readonly string[] | null
  /** Whether private datasets are found that the caller may read. */
  readonly includePrivate: boolean
}

const DEFAULT_ROWS = 10
const MOST_ROWS = 1000
const DEFAULT_FACET_LIMIT = 50
const DEFAULT_SORT = 'score desc, metadata_modified desc'

/** PostgreSQL refuses words of 2 KiB, and a character takes 4 bytes at most. */
const MOST_TEXT = 500

/** Of all conditions together: each is a value of the statement, of which PostgreSQL takes 65,535. */
const MOST_VALUES = 1000

/**
 * What `parameters` search for.
 *
 * @throws SearchQueryError when that cannot be understood
 */
export function searchRequest(parameters: Parameters): SearchRequest {
  const { text, terms } = textQuery(textIn(parameters, 'q'), SEARCH_FIELDS)
  if (text.length > MOST_TEXT) throw new SearchQueryError('Search Query is invalid: q is too long')
  const filters = [...listIn(parameters, 'fq'), ...listIn(parameters, 'fq_list')]
  const conditions = [...terms, ...filters.flatMap((filter) => filterQuery(filter, SEARCH_FIELDS))]
  if (conditions.reduce((count, { values }) => count + values.length, 0) > MOST_VALUES) {
    throw new SearchQueryError('Search Query is invalid: it has too many conditions')
  }
  const sort = textIn(parameters, 'sort').trim() || DEFAULT_SORT
  const facetLimit = integerIn(parameters, 'facet.limit', DEFAULT_FACET_LIMIT, -1)
  return {
    text,
    terms: conditions,
    rows: Math.min(integerIn(parameters, 'rows', DEFAULT_ROWS, 0), MOST_ROWS),
    start: integerIn(parameters, 'start', 0, 0),
    sort,
    sortKeys: sortKeysIn(sort),
    facets: [...new Set(listIn(parameters, 'facet.field').map((name) => facetNamed(name)))],
    facetLimit: facetLimit < 0 ? null : facetLimit,
    keys: keysIn(parameters),
    includePrivate: truthIn(parameters, 'include_private'),
  }
}

function keysIn(parameters: Parameters): readonly string[] | null {
  const keys = listIn(parameters, 'fl').flatMap((entry) => entry.split(/[\s,]+/).filter((key) => key !== ''))
  return keys.length === 0 || keys.includes('*') ? null : keys
}

function textIn(parameters: Parameters, name: string): string {
  const value = parameters[name] ?? ''
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  throw new SearchQueryError(`Search Query is invalid: ${name} must be a text`)
}

/** A list, or a text that is a list in JSON, or one entry. */
function listIn(parameters: Parameters, name: string): readonly string[] {
  const value = parameters[name]
  if (value === undefined || value === null || value === '') return []
  const list: unknown =
    typeof value === 'string' && value.trimStart().startsWith('[') ? parsed(value, name) : [value].flat()
  if (Array.isArray(list) && list.every((entry) => typeof entry === 'string')) return list
  throw new SearchQueryError(`Search Query is invalid: ${name} must be a list of texts`)
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new SearchQueryError(`Search Query is invalid: ${name} is not JSON`)
  }
}

function integerIn(parameters: Parameters, name: string, otherwise: number, least: number): number {
  const value = parameters[name]
  if (value === undefined || value === null || value === '') return otherwise
  const number = typeof value === 'string' && /^-?\d{1,9}$/.test(value.trim()) ? Number(value) : value
  if (typeof number === 'number' && Number.isInteger(number) && number >= least && number < 1e9) return number
  throw new SearchQueryError(`Search Query is invalid: ${name} must be a whole number from ${least}`)
}

function truthIn(parameters: Parameters, name: string): boolean {
  const value = parameters[name] ?? false
  if (typeof value === 'boolean') return value
  const word = typeof value === 'string' ? value.toLowerCase() : ''
  if (['true', '1', 'yes'].includes(word)) return true
  if (['false', '0', 'no', ''].includes(word) && typeof value === 'string') return false
  throw new SearchQueryError(`Search Query is invalid: ${name} must be true or false`)
}

function sortKeysIn(sort: string): readonly SortKey[] {
  const keys = new Map<SortField, SortKey>()
  for (const key of sort.split(',').map((text) => sortKey(text))) {
    if (!keys.has(key.field)) keys.set(key.field, key)
  }
  return [...keys.values()]
}

function sortKey(key: string): SortKey {
  const [name, direction = 'asc', ...others] = key.trim().split(/\s+/)
  const field = SORT_FIELDS.find((known) => known === name)
  const known = /^(?:asc|desc)$/i.test(direction)
  if (field === undefined || !known || others.length > 0) {
    throw new SearchQueryError(
      `Search Query is invalid: results cannot be sorted by ${JSON.stringify(key.trim())}; there are ${SORT_FIELDS.join(', ')}, each with asc or desc`,
    )
  }
  return { field, descending: direction.toLowerCase() === 'desc' }
}

function facetNamed(name: string): Facet {
  const facet = FACETS.find((known) => known === name)
  if (facet !== undefined) return facet
  throw new SearchQueryError(
    `Search Query is invalid: there is no facet ${JSON.stringify(name)}; there are ${FACETS.join(', ')}`,
  )
}
