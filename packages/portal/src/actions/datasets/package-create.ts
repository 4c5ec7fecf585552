import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { checkedDataset } from './checked-dataset.ts'
import { tellOfChange, writtenDataset } from './finish-write.ts'
import { saveDataset } from './save-dataset.ts'

/** The action `package_create`: store a dataset. */
export function packageCreate(services: PortalServices): Action {
  return {
    help:
      'Store a dataset and return it. Parameters: name, title, notes, owner_org (the id or the name of an organization), private, ' +
      'state (active or draft), author, author_email, maintainer, maintainer_email, license_id, url, version, ' +
      'tags (list of {name}), extras (list of {key, value}), resources (list as for resource_create).',
    run: async (context, parameters) => {
      const wanted = await checkedDataset(context, parameters)
      const change = await saveDataset(services, context, wanted)
      const { id, organization } = change.dataset
      await context.call('package_owner_org_update', { id, organization_id: organization?.id ?? null })
      await tellOfChange(services, context, change, 'afterDatasetCreate')
      return writtenDataset(services, context, id)
    },
  }
}
