import { NotFoundError } from '../../action-errors.ts'
import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { rememberAccess } from './dataset-access.ts'
import { referenceIn } from './dataset-reference.ts'
import { readDataset } from './read-dataset.ts'
import { shownDataset } from './shown-dataset.ts'

/** The action `package_show`: a dataset with its resources. */
export function packageShow(services: PortalServices): Action {
  return {
    help: 'Return a dataset with its resources. Parameter: id, the id or the name of the dataset.',
    sideEffectFree: true,
    // It asks when it has read the dataset: the authorization then need not read it again.
    auth: null,
    run: async (context, parameters) => {
      const reference = referenceIn(parameters, 'id')
      const found = await readDataset(services, context, reference)
      if (found === undefined) throw new NotFoundError()
      rememberAccess(context, reference, found.access)
      await context.checkAccess('package_show', parameters)
      return shownDataset(services, context, found.dataset)
    },
  }
}
