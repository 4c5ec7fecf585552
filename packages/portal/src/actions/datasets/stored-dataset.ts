import { em } from '@aldis/models'

import { NotFoundError } from '../../action-errors.ts'
import { Dataset } from '../../entities/dataset.ts'
import { Resource } from '../../entities/resource.ts'
import { isUuid } from '../../validators/uuid.ts'

/** The rows of a dataset, for those who change them. */
export interface StoredDataset {
  readonly dataset: Dataset
  /** Those that are not deleted, in order. */
  readonly resources: readonly Resource[]
}

/**
 * The rows of the dataset `reference`.
 *
 * @throws NotFoundError when there is none
 */
export async function storedDataset(reference: string): Promise<StoredDataset> {
  const where = isUuid(reference)
    ? { id: reference.toLowerCase() }
    : { name: reference, state: { $ne: 'deleted' as const } }
  const dataset = await em().findOne(Dataset, where, { populate: ['organization'] })
  if (dataset === null) throw new NotFoundError()
  const resources = await em().find(
    Resource,
    { dataset: dataset.id, state: 'active' },
    { orderBy: { position: 'asc' } },
  )
  return { dataset, resources }
}

/**
 * The id of the dataset that has the resource `id`.
 *
 * @throws NotFoundError when there is no such resource
 */
export async function datasetOfResource(id: string): Promise<string> {
  const resource = isUuid(id) ? await em().findOne(Resource, { id: id.toLowerCase(), state: 'active' }) : null
  if (resource === null) throw new NotFoundError()
  return resource.dataset.id
}
