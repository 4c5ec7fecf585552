import { em } from '@aldis/models'
import { ValidationError, type Action, type Parameters } from '@aldis/portal'
import { z } from 'zod'

import { dropAndTell, sendRowsDeleted } from '../datastore-events.ts'
import { deleteReturningRows, deleteRows } from '../delete-rows.ts'
import { parseDeleteFilters } from '../filters.ts'
import { foundTable } from '../found-table.ts'
import { noteWritten, writableResource } from '../locked-resource.ts'
import { formatRecords } from '../records-format.ts'
import { flag, parsed, referenceIn } from './action-parameters.ts'

const Input = z.object({ force: flag, include_deleted_records: flag })

/** The action `datastore_delete`: delete rows of the table of a resource, or the table. */
export const datastoreDelete: Action = {
  help:
    'Delete rows of the table of a resource; without filters, the table. Parameters: resource_id; filters: an object, and ' +
    'an empty one means all rows; force: also when the resource is a file or a link; include_deleted_records.',
  run: (_context, parameters) => {
    if (parameters['filters'] === undefined) return dropWholeTable(parameters)
    return deleteSomeRows(parameters, 'datastore_delete')
  },
}

/** The action `datastore_records_delete`: delete rows of the table of a resource. */
export const datastoreRecordsDelete: Action = {
  help: 'Delete rows of the table of a resource, which stays. Parameters: those of datastore_delete, with filters required.',
  run: async (_context, parameters) => {
    if (parameters['filters'] === undefined) throw new ValidationError({ filters: ['Missing value'] })
    return deleteSomeRows(parameters, 'datastore_records_delete')
  },
}

async function dropWholeTable(parameters: Parameters): Promise<object> {
  const { force } = parsed(Input, parameters)
  const id = referenceIn(parameters)
  const resource = await writableResource(id, force)
  const executor = em().getKysely()
  await dropAndTell(executor, await foundTable(executor, id), 'datastore_delete')
  noteWritten(resource, false)
  return { resource_id: id }
}

async function deleteSomeRows(
  parameters: Parameters,
  reason: 'datastore_delete' | 'datastore_records_delete',
): Promise<object> {
  const { filters } = parameters
  const { force, include_deleted_records: including } = parsed(Input, parameters)
  const id = referenceIn(parameters)
  const filter = parseDeleteFilters(filters)
  const resource = await writableResource(id, force)
  const executor = em().getKysely()
  const table = await foundTable(executor, id)
  const deleted = including === true ? await deleteReturningRows(executor, table, filter) : undefined
  const count = deleted?.rows.length ?? (await deleteRows(executor, table, filter))
  if (count > 0) {
    noteWritten(resource, true)
    await sendRowsDeleted(id, reason, filters, count)
  }
  return {
    resource_id: id,
    filters,
    ...(deleted && { deleted_records: formatRecords(deleted, 'objects') }),
  }
}
