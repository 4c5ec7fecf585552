import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { packageCreate } from './package-create.ts'
import { packageDelete } from './package-delete.ts'
import { packageList } from './package-list.ts'
import { packageOwnerOrgUpdate } from './package-owner-org-update.ts'
import { packagePatch } from './package-patch.ts'
import { packageShow } from './package-show.ts'
import { packageUpdate } from './package-update.ts'
import { packageSearch } from './search/package-search.ts'
import { tagActions } from './tag-actions.ts'

/** The actions about datasets and their tags, by name. */
export function datasetActions(services: PortalServices): Readonly<Record<string, Action>> {
  return {
    package_create: packageCreate(services),
    package_delete: packageDelete(services),
    package_list: packageList,
    package_owner_org_update: packageOwnerOrgUpdate(services),
    package_patch: packagePatch(services),
    package_search: packageSearch(services),
    package_show: packageShow(services),
    package_update: packageUpdate(services),
    ...tagActions,
  }
}
