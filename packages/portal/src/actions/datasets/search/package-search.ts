import { em } from '@aldis/models'

import { SearchConnectionError } from '../../../action-errors.ts'
import type { DatasetDict } from '../../../interfaces/ipackage-controller.ts'
import type { PortalServices } from '../../../portal-services.ts'
import type { Action } from '../../action.ts'
import { packageControllers } from '../shown-dataset.ts'
import { searchRequest } from './search-parameters.ts'
import { searchSql, type FacetItem, type Found } from './search-sql.ts'

type Facets = Found['facets']

/** The action `package_search`: the datasets that fit. */
export function packageSearch(services: PortalServices): Action {
  return {
    help:
      'Search for datasets. Parameters: q, words, of a single one the beginning; fq, conditions such as ' +
      'organization:acme AND tags:"surface water"; rows, start; fl, the keys that the results have; sort, such as "title asc"; facet.field, a list of tags, ' +
      'organization, license_id and res_format; facet.limit; include_private, for those private datasets too that the caller may read.',
    sideEffectFree: true,
    auth: 'site_read',
    run: async ({ actor }, given) => {
      const plugins = packageControllers(services)
      let parameters = given
      for (const plugin of plugins) parameters = await plugin.beforeDatasetSearch(parameters)
      const request = searchRequest(parameters)
      const { rows } = await reached(searchSql(request, actor, services.site.url).execute(em().getKysely()))
      const { count = 0, results = [], facets = {} } = rows[0] ?? {}
      let answer: DatasetDict = {
        count,
        sort: request.sort,
        facets: byName(facets),
        search_facets: withTitles(facets),
        results,
      }
      for (const plugin of plugins) answer = await plugin.afterDatasetSearch(answer, parameters)
      return request.keys === null
        ? answer
        : { ...answer, results: withKeys(answer['results'], request.keys) }
    },
  }
}

/** What drivers and PostgreSQL call a connection that cannot be made, or is gone. */
const GONE = /^(?:ECONN|EPIPE|08|57P)|connection (?:terminated|closed)/i

/** What `found` resolves with; clients are told apart whether the search is broken or its database away. */
async function reached<T>(found: Promise<T>): Promise<T> {
  try {
    return await found
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const isGone = GONE.test(code) || (error instanceof Error && GONE.test(error.message))
    throw isGone ? new SearchConnectionError({ cause: error }) : error
  }
}

/** `results` with no keys but `keys`. Plugins saw them whole. */
function withKeys(results: unknown, keys: readonly string[]): unknown {
  if (!Array.isArray(results)) return results
  return results.map((result: unknown) =>
    typeof result === 'object' && result !== null
      ? Object.fromEntries(Object.entries(result).filter(([key]) => keys.includes(key)))
      : result,
  )
}

function facetEntries(facets: Facets): readonly (readonly [string, readonly FacetItem[]])[] {
  return Object.entries(facets)
}

function byName(facets: Facets): Record<string, unknown> {
  return Object.fromEntries(
    facetEntries(facets).map(([facet, items]) => [
      facet,
      Object.fromEntries(items.map(({ name, count }) => [name, count])),
    ]),
  )
}

/** CKAN titles a facet with its name. */
function withTitles(facets: Facets): Record<string, unknown> {
  return Object.fromEntries(facetEntries(facets).map(([facet, items]) => [facet, { title: facet, items }]))
}
