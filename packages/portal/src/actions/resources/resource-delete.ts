import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { referenceIn } from '../datasets/dataset-reference.ts'
import { resourceControllers } from '../datasets/shown-dataset.ts'
import { placedResource, writeResources } from './written-resources.ts'

/** The action `resource_delete`: take a resource out of its dataset. */
export function resourceDelete(services: PortalServices): Action {
  return {
    help: 'Delete a resource, and its file. Parameter: id, the id of the resource.',
    run: async (context, parameters) => {
      const plugins = resourceControllers(services)
      const { dataset, resource, position } = await placedResource(
        services,
        context,
        referenceIn(parameters, 'id'),
      )
      for (const plugin of plugins) await plugin.beforeResourceDelete(context, resource)
      const rest = dataset.resources.toSpliced(position, 1)
      const written = await writeResources(services, context, dataset, rest)
      for (const plugin of plugins) await plugin.afterResourceDelete(context, written.resources)
      return null
    },
  }
}
