import { em } from '@aldis/models'
import type { Action, Parameters } from '@aldis/portal'
import { z } from 'zod'

import { foundTable, resourceIdOf } from '../found-table.ts'
import { formatRecords, recordsFormats } from '../records-format.ts'
import { searchRows, type FoundRows } from '../search-rows.ts'
import { flag, parsed, referenceIn } from './action-parameters.ts'

const Input = z.object({
  filters: z.unknown().optional(),
  q: z.unknown().optional(),
  full_text: z.unknown().optional(),
  plain: flag,
  distinct: flag,
  fields: z.unknown().optional(),
  sort: z.unknown().optional(),
  limit: z.unknown().optional(),
  offset: z.unknown().optional(),
  include_total: flag,
  include_next_page: flag,
  records_format: z
    .enum(recordsFormats, { error: `Must be one of ${recordsFormats.join(', ')}` })
    .nullish()
    .transform((format) => format ?? 'objects'),
})

/** The action `datastore_search`: find rows of the table of a resource. */
export const datastoreSearch: Action = {
  help:
    'Find rows of the table of a resource. Parameters: resource_id, the id or an alias; filters; q and full_text: words; ' +
    'plain; distinct; fields; sort; limit (100 unless told, at most 32000); offset; include_total; records_format: objects, ' +
    'lists, csv or tsv; include_next_page.',
  sideEffectFree: true,
  run: async (_context, parameters) => {
    const input = parsed(Input, parameters)
    const reference = referenceIn(parameters)
    const executor = em().getKysely()
    const found = await searchRows(executor, await foundTable(executor, reference), input)
    const { limit, offset, total } = found
    return {
      resource_id: await resourceIdOf(executor, reference),
      fields: found.fields.map(({ id, type }) => ({ id, type: id === '_id' ? 'int' : type })),
      records: formatRecords(found, input.records_format),
      ...(total !== undefined && { total }),
      limit,
      ...(offset > 0 && { offset }),
      ...(input.filters !== undefined && input.filters !== null && { filters: asObject(input.filters) }),
      include_total: input.include_total !== false,
      records_format: input.records_format,
      ...(input.include_next_page === true && nextPage(parameters, found)),
    }
  },
}

/** What to search for next, while there may be more. */
function nextPage(parameters: Parameters, { rows, limit, offset }: FoundRows): object {
  if (rows.length < limit || limit === 0) return {}
  return { next_page: { ...parameters, limit, offset: offset + limit } }
}

/** In an address, filters are JSON; they were read as such before this. */
function asObject(filters: unknown): unknown {
  if (typeof filters !== 'string') return filters
  const value: unknown = JSON.parse(filters)
  return value
}
