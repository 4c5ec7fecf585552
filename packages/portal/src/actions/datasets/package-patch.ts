import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { referenceIn } from './dataset-reference.ts'
import { storedDict } from './finish-write.ts'

/** The action `package_patch`: change some of a dataset. */
export function packagePatch(services: PortalServices): Action {
  return {
    help: 'Change a dataset and return it: id, and those parameters of package_update that are to be other than they are.',
    auth: 'package_update',
    run: async (context, parameters) => {
      const reference = referenceIn(parameters, 'id')
      await context.call('package_show', { id: reference })
      const stored = await storedDict(services, context, reference)
      const result = await context.call('package_update', { ...stored, ...parameters, id: stored.id })
      const now = await storedDict(services, context, stored.id)
      if (now.metadata_modified !== stored.metadata_modified) context.changed(stored.id)
      return result
    },
  }
}
