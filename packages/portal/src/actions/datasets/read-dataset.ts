import { em } from '@aldis/models'
import { sql } from 'kysely'

import type { DatasetDict } from '../../interfaces/ipackage-controller.ts'
import type { ResourceDict } from '../../interfaces/iresource-controller.ts'
import type { PortalServices } from '../../portal-services.ts'
import type { ActionContext } from '../action.ts'
import { accessJson, isDataset, type DatasetAccess } from './dataset-access.ts'
import { datasetJson, resourceJson } from './dataset-json.ts'
import { isUuid } from '../../validators/uuid.ts'

/** A dataset as it is stored, with what decides who may see it. */
export interface ReadDataset {
  readonly dataset: StoredDict
  readonly access: DatasetAccess
}

/** A dataset as the API shows it, before plugins have changed that. */
export interface StoredDict extends DatasetDict {
  readonly id: string
  readonly metadata_modified: string
  readonly resources: readonly ResourceDict[]
}

/** Read the dataset `reference`, by one query; undefined when there is none. Nobody is asked whether the caller may. */
export async function readDataset(
  { site }: PortalServices,
  context: ActionContext,
  reference: string,
): Promise<ReadDataset | undefined> {
  const { rows } = await sql<ReadDataset>`
    select ${datasetJson(site.url)} as dataset, ${accessJson(context)} as access
    from datasets d left join organizations o on o.id = d.organization_id
    where ${isDataset(reference)}
  `.execute(em().getKysely())
  return rows[0]
}

/** A resource as it is stored, with what decides who may see it. */
export interface ReadResource {
  readonly resource: ResourceDict
  readonly access: DatasetAccess
}

/** Read the resource `id`, by one query; undefined when there is none. Nobody is asked whether the caller may. */
export async function readResource(
  { site }: PortalServices,
  context: ActionContext,
  id: string,
): Promise<ReadResource | undefined> {
  if (!isUuid(id)) return undefined
  const { rows } = await sql<ReadResource>`
    select ${resourceJson(site.url)} as resource, ${accessJson(context)} as access
    from resources r join datasets d on d.id = r.dataset_id
    where r.id = ${id} and r.state = 'active'
  `.execute(em().getKysely())
  return rows[0]
}
