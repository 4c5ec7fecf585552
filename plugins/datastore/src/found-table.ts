import { NotFoundError } from '@aldis/portal'
import type { QueryExecutorProvider } from 'kysely'

import { findTable, isResourceId, resourceOfAlias, type DatastoreTable } from './datastore-table.ts'

/**
 * The id of the resource that `reference` means: an id, or an alias of a table.
 *
 * @throws NotFoundError when it is neither
 */
export async function resourceIdOf(executor: QueryExecutorProvider, reference: string): Promise<string> {
  const id = isResourceId(reference) ? reference : await resourceOfAlias(executor, reference)
  if (id === undefined) throw new NotFoundError(`Resource "${reference}" was not found.`)
  return id
}

/**
 * The table of the resource that `reference` means.
 *
 * @throws NotFoundError when there is none
 */
export async function foundTable(
  executor: QueryExecutorProvider,
  reference: string,
): Promise<DatastoreTable> {
  const table = await findTable(executor, await resourceIdOf(executor, reference))
  if (table === undefined) throw new NotFoundError(`Resource "${reference}" has no table.`)
  return table
}
