import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { keptDataset, wantedOrganization } from './checked-dataset.ts'
import { referenceIn } from './dataset-reference.ts'
import { Problems } from './field-problems.ts'
import { tellOfChange } from './finish-write.ts'
import { saveDataset } from './save-dataset.ts'
import { storedDataset } from './stored-dataset.ts'

/** The action `package_owner_org_update`: give a dataset to another organization. Writes of datasets call it, as CKAN's do. */
export function packageOwnerOrgUpdate(services: PortalServices): Action {
  return {
    help:
      'Give a dataset to another organization. Parameters: id, the id or the name of the dataset; organization_id, the id or the ' +
      'name of the organization, or null for none.',
    auth: 'package_update',
    run: async (context, parameters) => {
      const stored = await storedDataset(referenceIn(parameters, 'id'))
      const { organization_id: reference = null } = parameters
      const problems = new Problems()
      const isReference = reference === null || typeof reference === 'string'
      if (!isReference) problems.add(['organization_id'], 'Must be a text')
      const organization = await wantedOrganization(
        context,
        isReference ? reference : undefined,
        stored,
        problems,
      )
      if (stored.dataset.private && organization === null) {
        problems.add(['organization_id'], "Datasets with no organization can't be private.")
      }
      problems.throwIfAny()
      const change = await saveDataset(services, context, keptDataset(stored, { organization }), stored)
      if (change !== undefined) await tellOfChange(services, context, change, 'afterDatasetUpdate')
      return null
    },
  }
}
