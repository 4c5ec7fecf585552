import { NotFoundError, ValidationError, type FieldProblems } from '../../action-errors.ts'
import type { ResourceDict } from '../../interfaces/iresource-controller.ts'
import type { PortalServices } from '../../portal-services.ts'
import type { ActionContext } from '../action.ts'
import { storedDict } from '../datasets/finish-write.ts'
import type { StoredDict } from '../datasets/read-dataset.ts'
import { datasetOfResource } from '../datasets/stored-dataset.ts'

/** A resource among those of its dataset. */
export interface PlacedResource {
  readonly dataset: StoredDict
  readonly resource: ResourceDict
  readonly position: number
}

/**
 * The resource `id` and its dataset, as they are stored. `package_show` is called for the caller first, as CKAN does.
 *
 * @throws NotFoundError when there is no such resource
 */
export async function placedResource(
  services: PortalServices,
  context: ActionContext,
  id: string,
): Promise<PlacedResource> {
  const dataset = await shownFirst(services, context, await datasetOfResource(id))
  const position = dataset.resources.findIndex((resource) => resource['id'] === id.toLowerCase())
  const resource = dataset.resources[position]
  if (resource === undefined) throw new NotFoundError()
  return { dataset, resource, position }
}

/** The dataset `reference` as it is stored, when `package_show` has shown it to the caller. */
export async function shownFirst(
  services: PortalServices,
  context: ActionContext,
  reference: string,
): Promise<StoredDict> {
  await context.call('package_show', { id: reference })
  return storedDict(services, context, reference)
}

/**
 * Have `dataset` have `resources`, by `package_update`, and return the dataset as it is stored then.
 *
 * @throws ValidationError of the resource at `position`: its fields alone are told
 */
export async function writeResources(
  services: PortalServices,
  context: ActionContext,
  dataset: StoredDict,
  resources: readonly unknown[],
  position?: number,
): Promise<StoredDict> {
  try {
    await context.call('package_update', { ...dataset, resources })
  } catch (error) {
    if (error instanceof ValidationError) throw ofResource(error, position)
    throw error
  }
  const written = await storedDict(services, context, dataset.id)
  if (written.metadata_modified !== dataset.metadata_modified) context.changed(dataset.id)
  return written
}

function ofResource(error: ValidationError, position: number | undefined): ValidationError {
  const own = position === undefined ? undefined : error.problems['resources']?.[position]
  if (own === undefined || typeof own === 'string') return error
  const problems: FieldProblems = own
  return new ValidationError(problems)
}
