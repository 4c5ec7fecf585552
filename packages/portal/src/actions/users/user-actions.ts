import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { userCreate } from './user-create.ts'
import { userDelete } from './user-delete.ts'
import { userList } from './user-list.ts'
import { userShow } from './user-show.ts'
import { userPatch, userUpdate } from './user-update.ts'

/** The actions about users by name. */
export function userActions(services: PortalServices): Readonly<Record<string, Action>> {
  return {
    user_create: userCreate(services),
    user_delete: userDelete,
    user_list: userList,
    user_patch: userPatch,
    user_show: userShow,
    user_update: userUpdate,
  }
}
