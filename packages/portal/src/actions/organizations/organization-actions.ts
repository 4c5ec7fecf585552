import type { Action } from '../action.ts'
import { organizationCreate } from './organization-create.ts'
import { organizationDelete } from './organization-delete.ts'
import { organizationListForUser } from './organization-list-for-user.ts'
import { organizationList } from './organization-list.ts'
import { organizationMemberCreate, organizationMemberDelete } from './organization-members.ts'
import { organizationShow } from './organization-show.ts'
import { organizationPatch, organizationUpdate } from './organization-update.ts'

/** The actions about organizations by name. */
export const organizationActions: Readonly<Record<string, Action>> = {
  organization_create: organizationCreate,
  organization_delete: organizationDelete,
  organization_list: organizationList,
  organization_list_for_user: organizationListForUser,
  organization_member_create: organizationMemberCreate,
  organization_member_delete: organizationMemberDelete,
  organization_patch: organizationPatch,
  organization_show: organizationShow,
  organization_update: organizationUpdate,
}
