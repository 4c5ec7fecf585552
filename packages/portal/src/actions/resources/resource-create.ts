import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { referenceIn } from '../datasets/dataset-reference.ts'
import { resourceControllers, shownResource } from '../datasets/shown-dataset.ts'
import { shownFirst, writeResources } from './written-resources.ts'

/** The action `resource_create`: add a file or a link to a dataset. */
export function resourceCreate(services: PortalServices): Action {
  return {
    help:
      'Add a resource to a dataset and return it. Parameters: package_id, the id or the name of the dataset; upload (a file, ' +
      'in a multipart body) or url; name, description, format, mimetype; other parameters are kept with it.',
    run: async (context, parameters) => {
      const plugins = resourceControllers(services)
      const dataset = await shownFirst(services, context, referenceIn(parameters, 'package_id'))
      const resource = { ...parameters }
      for (const plugin of plugins) await plugin.beforeResourceCreate(context, resource)
      const resources = [...dataset.resources, resource]
      const written = await writeResources(services, context, dataset, resources, resources.length - 1)
      const created = written.resources.at(-1) ?? {}
      for (const plugin of plugins) await plugin.afterResourceCreate(context, created)
      return shownResource(services, created)
    },
  }
}
