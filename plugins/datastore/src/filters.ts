import { DatastoreInputError } from './datastore-input-error.ts'
import { isJsonObject, type JsonObject } from './json-object.ts'

/** How a column is compared with a value. */
export type Comparison = 'eq' | 'gt' | 'gte' | 'lt' | 'lte'

/** What a column is compared with: a value of JSON that is no object. A list is a value of a column of arrays. */
export type FilterValue = string | number | boolean | null | readonly unknown[]

/** Which rows are meant. An empty `and` is all of them. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | {
      readonly kind: 'compare'
      readonly column: string
      readonly comparison: Comparison
      readonly value: FilterValue
    }
  | { readonly kind: 'in'; readonly column: string; readonly values: readonly FilterValue[] }

/** How deep objects and lists may stand in each other. */
const maximumDepth = 10
/** How many comparisons one filter may have; the values of one list count as one. */
const maximumComparisons = 100

/**
 * Read the `filters` of an action: an object, a list of objects of which one must fit, or the JSON of either.
 *
 * What is not given lets every row through. Whether the columns exist is not looked at here.
 *
 * @throws DatastoreInputError for `filters`.
 */
export function parseFilters(input: unknown): Filter {
  if (input === undefined || input === null) return { kind: 'and', filters: [] }
  return new FilterReader().read(typeof input === 'string' ? fromJson(input) : input)
}

/**
 * Read the `filters` of an action that deletes, which takes nothing but an object: what is not one must not
 * happen to mean every row.
 *
 * @throws DatastoreInputError for `filters`.
 */
export function parseDeleteFilters(input: unknown): Filter {
  if (!isJsonObject(input)) throw problem('Filters must be an object.')
  return parseFilters(input)
}

function fromJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch (error) {
    throw problem('Filters must be an object, or a list of objects.', error)
  }
}

class FilterReader {
  #comparisons = 0

  read(input: unknown): Filter {
    if (Array.isArray(input)) return this.#anyOf('Filters', input, 1)
    if (isJsonObject(input)) return this.#allOf(input, 1)
    throw problem('Filters must be an object, or a list of objects.')
  }

  /** An object: all of its entries. */
  #allOf(input: JsonObject, depth: number): Filter {
    checkDepth(depth)
    return oneOrMore(
      'and',
      Object.entries(input).map(([key, value]) => this.#entry(key, value, depth)),
    )
  }

  /** A list of objects: one of them. */
  #anyOf(what: string, input: readonly unknown[], depth: number): Filter {
    return oneOrMore('or', this.#objects(what, input, depth))
  }

  #objects(what: string, input: unknown, depth: number): Filter[] {
    checkDepth(depth)
    if (!Array.isArray(input) || input.length === 0 || !input.every(isJsonObject)) {
      throw problem(`${what} must be a list of objects, with one at least.`)
    }
    return input.map((item) => this.#allOf(item, depth + 1))
  }

  #entry(key: string, value: unknown, depth: number): Filter {
    if (key === '$or') return oneOrMore('or', this.#objects(key, value, depth + 1))
    if (key === '$and') return oneOrMore('and', this.#objects(key, value, depth + 1))
    if (key.startsWith('$') && !key.startsWith('$$')) {
      throw problem(
        `"${key}" is not an operator: $or and $and are. A field of that name is written "$${key}".`,
      )
    }
    return this.#column(key.startsWith('$$') ? key.slice(1) : key, value, depth + 1)
  }

  #column(column: string, value: unknown, depth: number): Filter {
    if (isJsonObject(value)) return this.#comparisonsOf(column, value, depth)
    if (!Array.isArray(value)) return this.#compare(column, 'eq', value)
    checkDepth(depth)
    const alternatives: Filter[] = value
      .filter(isJsonObject)
      .map((item) => this.#comparisonsOf(column, item, depth + 1))
    const values = value.filter((item: unknown) => !isJsonObject(item)).map(filterValue)
    if (values.length > 0 || alternatives.length === 0) {
      this.#count()
      alternatives.push({ kind: 'in', column, values })
    }
    return oneOrMore('or', alternatives)
  }

  /** `{ gt: 1, lt: 9 }`: all of them. */
  #comparisonsOf(column: string, input: JsonObject, depth: number): Filter {
    checkDepth(depth)
    const entries = Object.entries(input)
    if (entries.length === 0) throw problem(`The filter of "${column}" has no comparison.`)
    return oneOrMore(
      'and',
      entries.map(([name, value]) => {
        if (!isComparison(name)) {
          throw problem(`"${name}" is not a comparison: eq, gt, gte, lt and lte are.`)
        }
        return this.#compare(column, name, value)
      }),
    )
  }

  #compare(column: string, comparison: Comparison, input: unknown): Filter {
    this.#count()
    const value = filterValue(input)
    if (value === null && comparison !== 'eq') {
      throw problem(`Nothing is greater or less than null: the filter of "${column}".`)
    }
    return { kind: 'compare', column, comparison, value }
  }

  #count(): void {
    this.#comparisons += 1
    if (this.#comparisons > maximumComparisons) {
      throw problem(`Filters have at most ${maximumComparisons} comparisons.`)
    }
  }
}

function oneOrMore(kind: 'and' | 'or', filters: readonly Filter[]): Filter {
  return filters.length === 1 && filters[0] !== undefined ? filters[0] : { kind, filters }
}

function checkDepth(depth: number): void {
  if (depth > maximumDepth) throw problem(`Filters are at most ${maximumDepth} levels deep.`)
}

function filterValue(value: unknown): FilterValue {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'boolean' || Array.isArray(value)) return value
  throw problem('A field is compared with a string, a number, true, false, null or a list.')
}

function isComparison(name: string): name is Comparison {
  return ['eq', 'gt', 'gte', 'lt', 'lte'].includes(name)
}

const problem = (message: string, cause?: unknown): DatastoreInputError =>
  new DatastoreInputError({ filters: [message] }, { cause })
