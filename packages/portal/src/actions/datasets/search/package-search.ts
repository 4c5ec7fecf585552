import { em } from '@aldis/models'

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
      const { rows } = await searchSql(request, actor, services.site.url).execute(em().getKysely())
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
