import type { PortalServices } from '../portal-services.ts'
import type { Action } from './action.ts'
import { datasetActions } from './datasets/dataset-actions.ts'
import { helpShow } from './help-show.ts'
import { organizationActions } from './organizations/organization-actions.ts'
import { resourceActions } from './resources/resource-actions.ts'
import { siteRead } from './site-read.ts'
import { statusShow } from './status-show.ts'
import { tokenActions } from './tokens/token-actions.ts'
import { userActions } from './users/user-actions.ts'

/** The portal's own actions by name. */
export function builtInActions(services: PortalServices): Readonly<Record<string, Action>> {
  return {
    help_show: helpShow(services),
    site_read: siteRead,
    status_show: statusShow(services),
    ...datasetActions(services),
    ...resourceActions(services),
    ...organizationActions,
    ...tokenActions(services),
    ...userActions(services),
  }
}
