import { NotFoundError } from '../../action-errors.ts'
import type { DatasetDict, IPackageController } from '../../interfaces/ipackage-controller.ts'
import type { PortalServices } from '../../portal-services.ts'
import type { ActionContext } from '../action.ts'
import { sendChange, type DatasetChange } from './dataset-events.ts'
import { readDataset, type StoredDict } from './read-dataset.ts'
import { packageControllers, shownDataset } from './shown-dataset.ts'

/** How plugins are told of a write. */
type Hook = 'afterDatasetCreate' | 'afterDatasetUpdate' | 'afterDatasetDelete'

/** Tell of `change`, which is written and not yet committed: the plugins that take part, the signals, and the caller's context. */
export async function tellOfChange(
  services: PortalServices,
  context: ActionContext,
  change: DatasetChange,
  hook: Hook,
): Promise<void> {
  const { id } = change.dataset
  context.changed(id)
  const plugins: readonly IPackageController[] = packageControllers(services)
  if (plugins.length > 0) {
    const dict = await storedDict(services, context, id)
    for (const plugin of plugins) await plugin[hook](context, dict)
  }
  await sendChange(services, context, change)
}

/** The dataset `reference` as it is stored now, before plugins have changed how it looks. */
export async function storedDict(
  services: PortalServices,
  context: ActionContext,
  reference: string,
): Promise<StoredDict> {
  const found = await readDataset(services, context, reference)
  if (found === undefined) throw new NotFoundError()
  return found.dataset
}

/** The dataset `id` as the caller who wrote it gets it. */
export async function writtenDataset(
  services: PortalServices,
  context: ActionContext,
  id: string,
): Promise<DatasetDict> {
  return shownDataset(services, context, await storedDict(services, context, id))
}
