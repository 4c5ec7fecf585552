import { sql, type RawBuilder } from 'kysely'

import { SearchQueryError } from '../../../action-errors.ts'
import { searchable } from '../dataset-reference.ts'
import type { FieldTerm, FieldValue } from './search-query.ts'

type Condition = (value: FieldValue) => RawBuilder<boolean>

/** SQL for whether the dataset `d` fits a value, by the name of the field as clients write it. */
const CONDITIONS: ReadonlyMap<string, Condition> = new Map<string, Condition>([
  ['id', (value) => matches(sql`d.id::text`, value)],
  ['name', (value) => matches(sql`d.name`, value)],
  ['title', ({ text }) => sql`to_tsvector('simple', d.title) @@ ${wordsIn(text)}`],
  ['notes', ({ text }) => sql`to_tsvector('simple', coalesce(d.notes, '')) @@ ${wordsIn(text)}`],
  ['tags', tagged],
  [
    'organization',
    (value) => sql`d.organization_id in (select id from organizations where ${matches(sql`name`, value)})`,
  ],
  ['owner_org', (value) => matches(sql`d.organization_id::text`, value)],
  ['private', isPrivate],
  ['dataset_type', (value) => matches(sql`d.type`, value)],
  ['type', (value) => matches(sql`d.type`, value)],
  ['state', (value) => matches(sql`d.state`, value)],
  ['author', (value) => matches(sql`d.author`, value)],
  ['maintainer', (value) => matches(sql`d.maintainer`, value)],
  ['license_id', (value) => matches(sql`d.license_id`, value)],
  ['creator_user_id', (value) => matches(sql`d.creator_id::text`, value)],
  [
    'res_format',
    (value) =>
      sql`exists (select 1 from resources r
        where r.dataset_id = d.id and r.state = 'active' and ${matches(sql`r.format`, value)})`,
  ],
])

/** The fields that there can be conditions on. */
export const SEARCH_FIELDS: ReadonlySet<string> = new Set(CONDITIONS.keys())

/** SQL for whether the dataset `d` fits `term`. */
export function conditionOf({ field, values, any, negated }: FieldTerm): RawBuilder<boolean> {
  const condition = CONDITIONS.get(field)
  if (condition === undefined)
    throw new SearchQueryError(`Search Query is invalid: there is no field "${field}"`)
  const all = sql.join<boolean>(values.map(condition), any ? sql` or ` : sql` and `)
  // What is null is not what must not be.
  return negated ? sql`not coalesce((${all}), false)` : sql`(${all})`
}

/**
 * SQL for a query for the words of `text`, as people write them: `"a phrase"`, `-not`, `or`. Of a single word its beginning is enough.
 */
export function wordsIn(text: string): RawBuilder<unknown> {
  const words = searchable(text)
  return /^[\p{L}\p{N}_]{1,100}$/u.test(words)
    ? sql`(websearch_to_tsquery('simple', ${words}) || to_tsquery('simple', ${`'${words}':*`}))`
    : sql`websearch_to_tsquery('simple', ${words})`
}

function matches(column: RawBuilder<unknown>, { text, pattern }: FieldValue): RawBuilder<boolean> {
  const value = searchable(text)
  if (!pattern || !value.includes('*')) return sql`${column} = ${value}`
  const like = value.replaceAll(/[\\%_]/g, String.raw`\$&`).replaceAll('*', '%')
  return sql`${column} like ${like}`
}

function tagged(value: FieldValue): RawBuilder<boolean> {
  if (value.pattern && value.text.includes('*')) {
    return sql`exists (select 1 from unnest(d.tags) as tag where ${matches(sql`tag`, value)})`
  }
  return sql`d.tags @> array[${searchable(value.text)}]::text[]`
}

function isPrivate({ text }: FieldValue): RawBuilder<boolean> {
  const word = text.toLowerCase()
  if (word !== 'true' && word !== 'false') {
    throw new SearchQueryError('Search Query is invalid: private is true or false')
  }
  return sql`d.private = ${word === 'true'}`
}
