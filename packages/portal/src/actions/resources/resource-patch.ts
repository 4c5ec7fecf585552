import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { referenceIn } from '../datasets/dataset-reference.ts'
import { storedDict } from '../datasets/finish-write.ts'
import { placedResource } from './written-resources.ts'

/** The action `resource_patch`: change some of a resource. */
export function resourcePatch(services: PortalServices): Action {
  return {
    help: 'Change a resource and return it: id, and those parameters of resource_update that are to be other than they are.',
    auth: 'resource_update',
    run: async (context, parameters) => {
      const { dataset, resource } = await placedResource(services, context, referenceIn(parameters, 'id'))
      const patched = await context.call('resource_update', {
        ...resource,
        ...parameters,
        id: resource['id'],
      })
      const now = await storedDict(services, context, dataset.id)
      if (now.metadata_modified !== dataset.metadata_modified) context.changed(dataset.id)
      return patched
    },
  }
}
