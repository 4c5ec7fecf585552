import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { resourceCreate } from './resource-create.ts'
import { resourceDelete } from './resource-delete.ts'
import { resourcePatch } from './resource-patch.ts'
import { resourceShow } from './resource-show.ts'
import { resourceUpdate } from './resource-update.ts'

/** The actions about resources, by name. */
export function resourceActions(services: PortalServices): Readonly<Record<string, Action>> {
  return {
    resource_create: resourceCreate(services),
    resource_delete: resourceDelete(services),
    resource_patch: resourcePatch(services),
    resource_show: resourceShow(services),
    resource_update: resourceUpdate(services),
  }
}
