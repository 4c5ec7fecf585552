import type { PortalServices } from '../../portal-services.ts'
import { isoTime } from '../../validators/iso-time.ts'
import type { Action } from '../action.ts'
import { conflict } from '../datasets/dataset-conflict.ts'
import { referenceIn } from '../datasets/dataset-reference.ts'
import { resourceControllers, shownResource } from '../datasets/shown-dataset.ts'
import { placedResource, writeResources } from './written-resources.ts'

/** The action `resource_update`: store another version of a resource. */
export function resourceUpdate(services: PortalServices): Action {
  return {
    help:
      'Replace a resource and return it. Parameters: id, and those of resource_create. Without upload and url it keeps ' +
      'its file or its link. With metadata_modified as it was read, a change by somebody else since then is a conflict.',
    run: async (context, parameters) => {
      const plugins = resourceControllers(services)
      const { dataset, resource, position } = await placedResource(
        services,
        context,
        referenceIn(parameters, 'id'),
      )
      refuseStale(resource['metadata_modified'], parameters['metadata_modified'])
      const wanted = { ...parameters, id: resource['id'] }
      for (const plugin of plugins) await plugin.beforeResourceUpdate(context, resource, wanted)
      const resources = dataset.resources.with(position, wanted)
      const written = await writeResources(services, context, dataset, resources, position)
      const updated = written.resources[position] ?? {}
      for (const plugin of plugins) await plugin.afterResourceUpdate(context, updated)
      return shownResource(services, updated)
    },
  }
}

function refuseStale(stored: unknown, read: unknown): void {
  if (typeof read !== 'string' || typeof stored !== 'string') return
  if (isoTime(read)?.getTime() !== isoTime(stored)?.getTime()) throw conflict()
}
