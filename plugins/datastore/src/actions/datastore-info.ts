import { em } from '@aldis/models'
import type { Action } from '@aldis/portal'

import { foundTable } from '../found-table.ts'
import { describeTable } from '../table.ts'
import { referenceIn } from './action-parameters.ts'

/** The action `datastore_info`: what there is to know of the table of a resource. */
export const datastoreInfo: Action = {
  help: 'Return the fields, the aliases and the number of rows of the table of a resource. Parameter: resource_id, the id or an alias.',
  sideEffectFree: true,
  run: async (_context, parameters) => {
    const executor = em().getKysely()
    const table = await foundTable(executor, referenceIn(parameters))
    const { count, aliases, primaryKey, fields } = await describeTable(executor, table)
    return {
      meta: { id: table.id, count, aliases, table_type: 'BASE TABLE' },
      primary_key: primaryKey,
      // Its own number is no field that anybody defined.
      fields: fields.slice(1),
    }
  },
}
