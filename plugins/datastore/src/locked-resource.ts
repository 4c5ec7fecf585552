import { em } from '@aldis/models'
import { NotFoundError, Resource, ValidationError } from '@aldis/portal'
import { sql } from 'kysely'

import { isResourceId } from './datastore-table.ts'

/**
 * The resource `id`, whose row and whose table nobody else writes until the transaction has ended.
 *
 * @throws NotFoundError when it is not there, or deleted
 */
export async function lockedResource(id: string): Promise<Resource> {
  const resource = await lockedIfThere(id)
  if (resource === undefined) throw new NotFoundError(`Resource "${id}" was not found.`)
  return resource
}

/** As {@link lockedResource}; undefined when it is not there, or deleted. */
export async function lockedIfThere(id: string): Promise<Resource | undefined> {
  if (!isResourceId(id)) return undefined
  await lockRow(id)
  const resource = await em().findOne(
    Resource,
    { id, state: 'active' },
    { populate: ['dataset'], refresh: true },
  )
  return resource === null || resource.dataset.state === 'deleted' ? undefined : resource
}

/** Wait until nobody else writes the resource `id` or its table, and keep others out until the transaction has ended. */
export async function lockRow(id: string): Promise<void> {
  await sql`select from resources where id = ${id} for update`.execute(em().getKysely())
}

/**
 * The resource `id`, as {@link lockedResource}, when its rows are for clients to write: those of a file are the file's.
 *
 * @throws ValidationError for `read-only`, unless `force` says that it does not matter
 */
export async function writableResource(id: string, force: boolean | undefined): Promise<Resource> {
  const resource = await lockedResource(id)
  if (resource.urlType !== 'datastore' && force !== true) {
    throw new ValidationError({
      'read-only': [
        'The rows of this resource are those of its file or its link. With "force" they can be changed all the same.',
      ],
    })
  }
  return resource
}

/** Note on `resource` whether it has a table, and that its rows have changed. */
export function noteWritten(resource: Resource, hasTable: boolean): void {
  resource.lastModified = new Date()
  noteTable(resource, hasTable)
}

/** Note on `resource` whether it has a table. One that never had one says nothing. */
export function noteTable(resource: Resource, hasTable: boolean): void {
  const { datastore_active: noted = false } = resource.extras
  if (noted !== hasTable) resource.extras = { ...resource.extras, datastore_active: hasTable }
}
