import { sql, type RawBuilder } from 'kysely'

import type { Actor } from '../../action.ts'
import { datasetJson } from '../dataset-json.ts'
import { conditionOf, wordsIn } from './search-fields.ts'
import type { Facet, SearchRequest, SortField } from './search-parameters.ts'

/** A value of a facet, and how many of the found datasets have it. */
export interface FacetItem {
  readonly name: string
  readonly display_name: string
  readonly count: number
}

/** What is found: one row. */
export interface Found {
  readonly count: number
  readonly results: readonly Record<string, unknown>[]
  readonly facets: Readonly<Partial<Record<Facet, readonly FacetItem[]>>>
}

/** SQL for the value and the title of a facet, of the dataset `f` that was found. */
const FACET_VALUES: Readonly<Record<Facet, RawBuilder<unknown>>> = {
  tags: sql`select tag as name, tag as title from found f, unnest(f.tags) as tag`,
  organization: sql`select o.name, o.title from found f join organizations o on o.id = f.organization_id`,
  license_id: sql`select license_id as name, license_id as title from found f where license_id <> ''`,
  res_format: sql`select distinct r.format as name, r.format as title, f.id
    from found f join resources r on r.dataset_id = f.id and r.state = 'active' where r.format <> ''`,
}

const SORT_VALUES: Readonly<Record<Exclude<SortField, 'score'>, RawBuilder<unknown>>> = {
  name: sql`d.name`,
  title: sql`lower(d.title)`,
  title_string: sql`lower(d.title)`,
  metadata_modified: sql`d.metadata_modified`,
  metadata_created: sql`d.metadata_created`,
}

/** The query for `request`, as `actor`, of a site whose portal is at `siteUrl`: one row, with all of the answer. */
export function searchSql(request: SearchRequest, actor: Actor | null, siteUrl: string): RawBuilder<Found> {
  const { text, sortKeys, rows, start, facets } = request
  const words = text === '' ? undefined : wordsIn(text)
  const sorts = sortKeys.map(({ field }, place) => sql`${sortValue(field, words)} as ${sortName(place)}`)
  const conditions = [
    sql`d.state = 'active'`,
    ...visibility(request, actor),
    ...(words === undefined ? [] : [sql`d.search @@ ${words}`]),
    ...request.terms.map((term) => conditionOf(term)),
  ]
  const facetColumns = facets.map((facet) => sql`${sql.lit(facet)}, ${facetItems(facet, request.facetLimit)}`)
  return sql`
    with found as materialized (
      select d.id, d.organization_id, d.tags, d.license_id, ${sql.join(sorts)}
      from datasets d where ${sql.join(conditions, sql` and `)}
    ), page as (
      select * from found f order by ${order('f', request)} limit ${rows} offset ${start}
    )
    select
      (select count(*)::integer from found) as count,
      (
        select coalesce(json_agg(${datasetJson(siteUrl)} order by ${order('p', request)}), '[]')
        from page p join datasets d on d.id = p.id left join organizations o on o.id = d.organization_id
      ) as results,
      json_build_object(${sql.join(facetColumns)}) as facets`
}

/** What everyone may see, and if that is asked for what the caller may read as well. */
function visibility({ includePrivate }: SearchRequest, actor: Actor | null): readonly RawBuilder<unknown>[] {
  if (!includePrivate || actor === null) return [sql`not d.private`]
  if (actor.sysadmin) return []
  return [
    sql`(not d.private or d.organization_id in (select organization_id from members where user_id = ${actor.id}))`,
  ]
}

function sortValue(field: SortField, words: RawBuilder<unknown> | undefined): RawBuilder<unknown> {
  if (field !== 'score') return SORT_VALUES[field]
  return words === undefined ? sql`0::real` : sql`ts_rank(d.search, ${words})`
}

function sortName(place: number): RawBuilder<unknown> {
  return sql.id(`sort_${place}`)
}

/** The id comes last, so that pages neither overlap nor leave anything out. */
function order(table: 'f' | 'p', { sortKeys }: SearchRequest): RawBuilder<unknown> {
  const keys = sortKeys.map(
    ({ descending }, place) => sql`${sql.id(table)}.${sortName(place)} ${descending ? sql`desc` : sql`asc`}`,
  )
  return sql.join([...keys, sql`${sql.id(table)}.id`])
}

function facetItems(facet: Facet, limit: number | null): RawBuilder<unknown> {
  return sql`(
    select coalesce(
      json_agg(json_build_object('name', name, 'display_name', title, 'count', count) order by count desc, name), '[]')
    from (
      select name, min(title) as title, count(*)::integer as count from (${FACET_VALUES[facet]}) as value
      group by name order by count desc, name limit ${limit}::bigint
    ) as item
  )`
}
