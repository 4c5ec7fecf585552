import { em } from '@aldis/models'

import { Member, type Capacity } from '../../entities/member.ts'
import { Organization } from '../../entities/organization.ts'
import { requiredText } from '../../validators/required-text.ts'
import type { Action } from '../action.ts'
import { findUser } from '../users/find-user.ts'
import { organizationDicts } from './organization-dict.ts'

/** What members of each capacity may do, as CKAN calls it; all else is the admins'. */
const CAPACITIES_WITH: Readonly<Record<string, readonly Capacity[]>> = {
  read: ['admin', 'editor', 'member'],
  create_dataset: ['admin', 'editor'],
  update_dataset: ['admin', 'editor'],
  delete_dataset: ['admin', 'editor'],
}

/** The action `organization_list_for_user`. */
export const organizationListForUser: Action = {
  help:
    'Return the organizations in which a user may do something. Parameters: id, the id or name of the user; you yourself when it ' +
    'is left out; permission, what: read, create_dataset, update_dataset, delete_dataset, or edit_group, the default, and ' +
    'everything else that admins may do.',
  sideEffectFree: true,
  run: async (context, parameters) => {
    const { actor } = context
    if (parameters['id'] === undefined && actor === null) return []
    const id = parameters['id'] === undefined && actor !== null ? actor.id : requiredText(parameters, 'id')
    const permission =
      parameters['permission'] === undefined ? 'edit_group' : requiredText(parameters, 'permission')
    const user = await findUser(context, id)
    const parts = user.sysadmin ? await allOrganizations() : await organizationsOf(user.id, permission)
    const dicts = await organizationDicts(parts.map(({ organization }) => organization))
    return dicts.map((dict, at) => ({ ...dict, capacity: parts[at]?.capacity }))
  },
}

type Part = Pick<Member, 'capacity'> & { readonly organization: Organization }

/** A sysadmin may do everything everywhere. */
async function allOrganizations(): Promise<Part[]> {
  const organizations = await em().find(Organization, { state: 'active' }, { orderBy: { title: 'asc' } })
  return organizations.map((organization) => ({ organization, capacity: 'admin' }))
}

async function organizationsOf(userId: string, permission: string): Promise<Part[]> {
  return em().find(
    Member,
    {
      user: userId,
      organization: { state: 'active' },
      capacity: { $in: [...(CAPACITIES_WITH[permission] ?? (['admin'] as const))] },
    },
    { populate: ['organization'], orderBy: { organization: { title: 'asc' } } },
  )
}
