import { NotFoundError } from '../../action-errors.ts'
import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { rememberAccess } from '../datasets/dataset-access.ts'
import { referenceIn } from '../datasets/dataset-reference.ts'
import { readResource } from '../datasets/read-dataset.ts'
import { shownResource } from '../datasets/shown-dataset.ts'

/** The action `resource_show`: a resource. */
export function resourceShow(services: PortalServices): Action {
  return {
    help: 'Return a resource. Parameter: id, the id of the resource.',
    sideEffectFree: true,
    // It asks when it has read the resource: the authorization then need not read it again.
    auth: null,
    run: async (context, parameters) => {
      const id = referenceIn(parameters, 'id')
      const found = await readResource(services, context, id)
      if (found === undefined) throw new NotFoundError()
      rememberAccess(context, id, found.access)
      await context.checkAccess('resource_show', parameters)
      return shownResource(services, found.resource)
    },
  }
}
