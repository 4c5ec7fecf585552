import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { checkedDataset } from './checked-dataset.ts'
import { referenceIn } from './dataset-reference.ts'
import { tellOfChange, writtenDataset } from './finish-write.ts'
import { saveDataset } from './save-dataset.ts'
import { storedDataset } from './stored-dataset.ts'

/** The action `package_update`: store another version of a dataset. */
export function packageUpdate(services: PortalServices): Action {
  return {
    help:
      'Replace a dataset and return it. Parameters: id, and those of package_create. What is left out is emptied; owner_org, private, ' +
      'state and resources stay. With metadata_modified as it was read, a change by somebody else since then is a conflict.',
    run: async (context, parameters) => {
      const stored = await storedDataset(referenceIn(parameters, 'id' in parameters ? 'id' : 'name'))
      const { id } = stored.dataset
      const wanted = await checkedDataset(context, parameters, stored)
      const change = await saveDataset(services, context, wanted, stored)
      if (change !== undefined) {
        const { organization } = change.dataset
        await context.call('package_owner_org_update', { id, organization_id: organization?.id ?? null })
        const gone = change.dataset.state === 'deleted' && change.before?.state !== 'deleted'
        await tellOfChange(services, context, change, gone ? 'afterDatasetDelete' : 'afterDatasetUpdate')
      }
      return writtenDataset(services, context, id)
    },
  }
}
