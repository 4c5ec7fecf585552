import { em } from '@aldis/models'
import { z } from 'zod'

import { NotFoundError } from '../../action-errors.ts'
import { CAPACITIES, Member } from '../../entities/member.ts'
import type { Organization } from '../../entities/organization.ts'
import type { User } from '../../entities/user.ts'
import type { Parameters } from '../../request-parameters/json-parameters.ts'
import { required, validateFields } from '../../validators/field-rules.ts'
import { requiredText } from '../../validators/required-text.ts'
import type { Action, ActionContext } from '../action.ts'
import { flushUnique } from '../unique-conflicts.ts'
import { findUser } from '../users/find-user.ts'
import { findOrganization } from './find-organization.ts'

const NewMember = z.object({ id: z.string(), username: z.string(), role: z.enum(CAPACITIES) })

/** The action `organization_member_create`. */
export const organizationMemberCreate: Action = {
  help:
    'Make a user a member of an organization, or change what the user is in it, and return the membership. Parameters: id, the ' +
    'id or name of the organization; username, of the user; role: admin, editor or member.',
  run: async (context, parameters) => {
    const values = await validateFields(context, parameters, {
      id: required('unicode_safe'),
      username: required('unicode_safe'),
      role: required('role_exists'),
    })
    const { id, username, role } = NewMember.parse(values)
    const organization = await findOrganization(context, id)
    const user = await findUser(context, username)
    const found = await memberOf(organization, user)
    const member = found ?? em().create(Member, { organization, user, capacity: role })
    member.capacity = role
    await flushUnique({ members_organization_id_user_id_key: { username: ['The user is a member already'] } })
    return {
      id: member.id,
      group_id: organization.id,
      table_name: 'user',
      table_id: user.id,
      capacity: role,
      state: 'active',
    }
  },
}

/** The action `organization_member_delete`. */
export const organizationMemberDelete: Action = {
  help:
    'Take a user out of an organization. Parameters: id, the id or name of the organization; username, the id or name of the ' +
    'user.',
  run: async (context, parameters) => {
    const { organization, user } = await named(context, parameters)
    const member = await memberOf(organization, user)
    if (member === null) throw new NotFoundError('Member')
    em().remove(member)
    await em().flush()
    return null
  },
}

async function named(
  context: ActionContext,
  parameters: Parameters,
): Promise<{ organization: Organization; user: User }> {
  const organization = await findOrganization(context, requiredText(parameters, 'id'))
  return { organization, user: await findUser(context, requiredText(parameters, 'username')) }
}

function memberOf(organization: Organization, user: User): Promise<Member | null> {
  return em().findOne(Member, { organization: organization.id, user: user.id })
}
