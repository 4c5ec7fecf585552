import { em } from '@aldis/models'
import type { Action } from '@aldis/portal'
import { z } from 'zod'

import { sendUpsert } from '../datastore-events.ts'
import { foundTable } from '../found-table.ts'
import { noteWritten, writableResource } from '../locked-resource.ts'
import { checkRecords } from '../row-source.ts'
import { upsertMethods, upsertRecords } from '../upsert-rows.ts'
import { writtenRecords } from '../written-records.ts'
import { flag, parsed, referenceIn } from './action-parameters.ts'
import { dryRun } from './dry-run.ts'

const Input = z.object({
  records: z.unknown().optional(),
  method: z
    .enum(upsertMethods, { error: `Must be one of ${upsertMethods.join(', ')}` })
    .nullish()
    .transform((method) => method ?? 'upsert'),
  force: flag,
  include_records: flag,
  dry_run: flag,
})

/** The action `datastore_upsert`: write rows into the table of a resource. */
export const datastoreUpsert: Action = {
  help:
    'Write rows into the table of a resource, all of them or none. Parameters: resource_id; records: a list of objects; ' +
    'method: upsert (the default), insert or update; force: also when the resource is a file or a link; include_records; ' +
    'dry_run: say what would be wrong, and write nothing.',
  run: async (_context, parameters) => {
    const input = parsed(Input, parameters)
    const id = referenceIn(parameters)
    return input.dry_run === true ? dryRun(() => upsert(id, input)) : upsert(id, input)
  },
}

async function upsert(id: string, input: z.output<typeof Input>): Promise<object> {
  const { method, dry_run: dry = false } = input
  const resource = await writableResource(id, input.force)
  const executor = em().getKysely()
  const table = await foundTable(executor, id)
  const records = checkRecords(input.records ?? [], table.columns)
  const ids = await upsertRecords(executor, table, records, method)
  if (!dry) {
    noteWritten(resource, true)
    await sendUpsert(id, { method, records, count: records.length })
  }
  return {
    resource_id: id,
    method,
    ...(dry && { dry_run: true }),
    ...(input.include_records === true && { records: await writtenRecords(executor, table, ids) }),
  }
}
