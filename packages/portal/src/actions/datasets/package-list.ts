import { em } from '@aldis/models'
import { sql } from 'kysely'
import { z } from 'zod'

import type { Action } from '../action.ts'
import { checked } from './field-problems.ts'

const count = z.coerce
  .number({ error: 'Invalid integer' })
  .int('Invalid integer')
  .min(0, 'Must be a natural number')

const Page = z.object({
  limit: count.max(2 ** 53 - 1).optional(),
  offset: count.max(2 ** 53 - 1).default(0),
})

/** The action `package_list`: the names of the datasets that everyone may see. */
export const packageList: Action = {
  help: 'Return the names of the public datasets, in order. Parameters: limit, offset.',
  sideEffectFree: true,
  auth: 'site_read',
  run: async (_context, parameters) => {
    const { limit = null, offset } = checked(Page, parameters)
    const { rows } = await sql<{ names: readonly string[] }>`
      select coalesce(json_agg(name order by name), '[]') as names from (
        select name from datasets where state = 'active' and not private
        order by name limit ${limit}::bigint offset ${offset}
      ) as page
    `.execute(em().getKysely())
    return rows[0]?.names ?? []
  },
}
