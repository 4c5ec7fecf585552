import { em, type Model, type Saved } from '@aldis/models'
import { Resource, type ResourceEvent } from '@aldis/portal'

import { dropAndTell } from './datastore-events.ts'
import { findTable } from './datastore-table.ts'
import { lockRow, noteTable } from './locked-resource.ts'

/**
 * Before a resource is written: its `datastore_active` says the truth, whatever a client sent, and the table of a file goes
 * with the file.
 */
export async function keepTrue(
  _model: Model,
  { instance, created, changes }: Saved<Resource>,
): Promise<void> {
  if (created) return noteTable(instance, false)
  const losesFile = changes['urlType']?.old === 'upload'
  if (!losesFile && changes['extras'] === undefined) return
  await lockRow(instance.id)
  const executor = em().getKysely()
  const table = await findTable(executor, instance.id)
  if (table !== undefined && losesFile) await dropAndTell(executor, table, 'resource_update')
  noteTable(instance, table !== undefined && !losesFile)
}

/** The table of a resource that is deleted goes in the same transaction. */
export async function dropWithResource(id: string, _event: ResourceEvent): Promise<void> {
  await lockRow(id)
  const executor = em().getKysely()
  const table = await findTable(executor, id)
  if (table === undefined) return
  await dropAndTell(executor, table, 'resource_delete')
  // A resource that goes with its dataset can come back with it.
  noteTable(await em().findOneOrFail(Resource, id), false)
}
