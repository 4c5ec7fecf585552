import { IPackageController, type DatasetDict } from '../../interfaces/ipackage-controller.ts'
import { IResourceController, type ResourceDict } from '../../interfaces/iresource-controller.ts'
import type { PortalServices } from '../../portal-services.ts'
import type { ActionContext } from '../action.ts'
import type { StoredDict } from './read-dataset.ts'

/** The plugins that take part in what happens to datasets, in the order of the configuration. */
export function packageControllers({ host }: PortalServices): readonly IPackageController[] {
  return host.implementations(IPackageController).map(({ plugin }) => plugin)
}

/** The plugins that take part in what happens to resources, in the order of the configuration. */
export function resourceControllers({ host }: PortalServices): readonly IResourceController[] {
  return host.implementations(IResourceController).map(({ plugin }) => plugin)
}

/** What plugins make of `dataset` and its resources before somebody sees it. */
export async function shownDataset(
  services: PortalServices,
  context: ActionContext,
  dataset: StoredDict,
): Promise<DatasetDict> {
  let shown: DatasetDict = dataset
  if (resourceControllers(services).length > 0) {
    const resources: ResourceDict[] = []
    for (const resource of dataset.resources) resources.push(await shownResource(services, resource))
    shown = { ...dataset, resources }
  }
  for (const plugin of packageControllers(services)) shown = await plugin.afterDatasetShow(context, shown)
  return shown
}

/** What plugins make of `resource` before somebody sees it. */
export async function shownResource(services: PortalServices, resource: ResourceDict): Promise<ResourceDict> {
  let shown = resource
  for (const plugin of resourceControllers(services)) shown = await plugin.beforeResourceShow(shown)
  return shown
}
