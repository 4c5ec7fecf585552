import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { referenceIn } from './dataset-reference.ts'
import { tellOfChange } from './finish-write.ts'
import { saveDataset } from './save-dataset.ts'
import { storedDataset } from './stored-dataset.ts'
import { keptDataset } from './checked-dataset.ts'

/** The action `package_delete`: mark a dataset as deleted. */
export function packageDelete(services: PortalServices): Action {
  return {
    help:
      'Delete a dataset: nobody finds it, and its name is free. Those who may edit it can bring it back by its id, ' +
      'with package_patch and state. Parameter: id, the id or the name of the dataset.',
    run: async (context, parameters) => {
      const stored = await storedDataset(referenceIn(parameters, 'id'))
      const wanted = keptDataset(stored, { state: 'deleted' })
      const change = await saveDataset(services, context, wanted, stored)
      if (change !== undefined) await tellOfChange(services, context, change, 'afterDatasetDelete')
      return null
    },
  }
}
