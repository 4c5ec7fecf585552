import { em } from '@aldis/models'

import type { ActionContext } from '../actions/action.ts'
import { organizationByIdOrName } from '../actions/organizations/find-organization.ts'
import { Member, type Capacity } from '../entities/member.ts'
import type { AuthFunction, AuthOutcome } from '../interfaces/iauth-functions.ts'
import { onlySelf } from './user-auth.ts'

const anyone: AuthFunction = { allowAnonymous: true, decide: () => ({ success: true }) }
const admins: AuthFunction = { decide: (context, { id }) => onlyAdmins(context, id) }
const nobody: AuthFunction = {
  decide: ({ actor }) => ({
    success: false,
    msg: `User ${actor?.name ?? ''} not authorized to create organizations`,
  }),
}

/** Who may call the actions about organizations. Creating one is the sysadmins', and so not asked about. */
export const organizationAuth: Readonly<Record<string, AuthFunction>> = {
  organization_create: nobody,
  organization_delete: admins,
  organization_list: anyone,
  organization_list_for_user: { allowAnonymous: true, decide: (context, { id }) => onlySelf(context, id) },
  organization_member_create: admins,
  organization_member_delete: admins,
  organization_show: anyone,
  organization_update: admins,
}

/** What the user `userId` is in the organization `organizationId`; undefined for no member. */
async function capacityIn(organizationId: string, userId: string): Promise<Capacity | undefined> {
  const member = await em().findOne(Member, { organization: organizationId, user: userId })
  return member?.capacity
}

async function onlyAdmins({ actor }: ActionContext, id: unknown): Promise<AuthOutcome> {
  // Without an id, or with that of none, the action says so.
  const organization = typeof id === 'string' ? await organizationByIdOrName(id) : null
  if (organization === null || actor === null) return { success: true }
  if ((await capacityIn(organization.id, actor.id)) === 'admin') return { success: true }
  return {
    success: false,
    msg: `User ${actor.name} not authorized to edit organization ${organization.name}`,
  }
}
