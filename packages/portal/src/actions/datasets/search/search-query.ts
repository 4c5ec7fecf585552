import { SearchQueryError } from '../../../action-errors.ts'

/** A condition on a field, such as `tags:water`. */
export interface FieldTerm {
  readonly field: string
  readonly values: readonly FieldValue[]
  /** Whether one of the values is enough. */
  readonly any: boolean
  /** Whether it is what must not be. */
  readonly negated: boolean
}

/** What a field is to be. */
export interface FieldValue {
  readonly text: string
  /** Whether `*` stands for anything. Not in quotes. */
  readonly pattern: boolean
}

/** A query in its parts. */
export interface SearchQuery {
  readonly terms: readonly FieldTerm[]
  /** What is left: words to be searched for. */
  readonly text: string
}

const MOST_CHARACTERS = 10_000

/** A sign, a field with `:`, and a value: in quotes, in brackets, or a word. */
const TOKEN = /([+-])?(?:([A-Za-z_][\w.]*):)?(?:"((?:[^"\\]|\\.)*)"|\(([^()]*)\)|([^\s"()]+))/y

/** One value in brackets, or what joins two. */
const GROUPED = /"((?:[^"\\]|\\.)*)"|([^\s"]+)/g

/**
 * The conditions of a filter query: terms such as `organization:acme` and `tags:"surface water"`, joined by AND or spaces;
 * with `-` what must not be; with several values in brackets, `tags:(lake OR river)`.
 *
 * @throws SearchQueryError when it is none
 */
export function filterQuery(query: string, fields: ReadonlySet<string>): readonly FieldTerm[] {
  const { terms, text } = parse(query, (field) => {
    if (!fields.has(field))
      throw new SearchQueryError(`Search Query is invalid: there is no field "${field}"`)
    return true
  })
  if (text !== '') throw invalid(text)
  return terms
}

/** The words of a query that people write, and the conditions on fields that it has among them. */
export function textQuery(query: string, fields: ReadonlySet<string>): SearchQuery {
  return parse(query, (field) => fields.has(field))
}

function parse(query: string, isField: (name: string) => boolean): SearchQuery {
  if (query.length > MOST_CHARACTERS) throw new SearchQueryError('Search Query is invalid: it is too long')
  const terms: FieldTerm[] = []
  const words: string[] = []
  for (const [token, sign, field, quoted, group, word] of tokens(query)) {
    if (token === '*:*' || token === '*' || token === 'AND' || token === '&&') continue
    if (field === undefined || !isField(field)) {
      words.push(token)
      continue
    }
    terms.push({ field, negated: sign === '-', ...valuesOf(quoted, group, word) })
  }
  return { terms, text: words.join(' ') }
}

function* tokens(query: string): Generator<RegExpExecArray, void, undefined> {
  let position = 0
  while (position < query.length) {
    TOKEN.lastIndex = position
    const token = TOKEN.exec(query)
    // A space, or a quote or a bracket without its other.
    if (token === null) position++
    else {
      position = TOKEN.lastIndex
      yield token
    }
  }
}

function valuesOf(
  quoted: string | undefined,
  group: string | undefined,
  word: string | undefined,
): Pick<FieldTerm, 'values' | 'any'> {
  if (quoted !== undefined) return { values: [{ text: unescaped(quoted), pattern: false }], any: false }
  if (group === undefined) return { values: [{ text: word ?? '', pattern: true }], any: false }
  const values: FieldValue[] = []
  const joints = new Set<string>()
  for (const [, inQuotes, plain = ''] of group.matchAll(GROUPED)) {
    if (inQuotes !== undefined) values.push({ text: unescaped(inQuotes), pattern: false })
    else if (plain === 'AND' || plain === 'OR') joints.add(plain)
    else values.push({ text: plain, pattern: true })
  }
  if (values.length === 0 || joints.size > 1) throw invalid(`(${group})`)
  return { values, any: joints.has('OR') }
}

function unescaped(quoted: string): string {
  return quoted.replaceAll(/\\(.)/gs, '$1')
}

function invalid(part: string): SearchQueryError {
  return new SearchQueryError(`Search Query is invalid: ${JSON.stringify(part)} is not understood`)
}
