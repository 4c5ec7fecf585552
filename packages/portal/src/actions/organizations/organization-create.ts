import { em } from '@aldis/models'
import { z } from 'zod'

import { Member } from '../../entities/member.ts'
import { Organization } from '../../entities/organization.ts'
import { User } from '../../entities/user.ts'
import { given, required, validateFields, withoutSysadminFields } from '../../validators/field-rules.ts'
import type { Action } from '../action.ts'
import { flushUnique } from '../unique-conflicts.ts'
import { organizationDict } from './organization-dict.ts'
import { organizationConflicts, OrganizationFields, organizationRules } from './organization-fields.ts'

const rules = {
  ...organizationRules,
  id: given('uuid_validator'),
  name: required('name_validator', 'organization_name_is_unique'),
}

const NewOrganization = OrganizationFields.extend({ id: z.string().exactOptional(), name: z.string() })

/** The action `organization_create`. */
export const organizationCreate: Action = {
  help:
    'Create an organization and return it; you are its first admin. Parameters: name; title and description if you like. ' +
    'Sysadmins may set id.',
  run: async (context, parameters) => {
    const { actor } = context
    const allowed = withoutSysadminFields(context, parameters, ['id', 'state'])
    const values = NewOrganization.parse(await validateFields(context, allowed, rules))
    const title = values.title ?? values.name
    const organization = em().create(Organization, { ...values, title })
    if (actor !== null) {
      em().create(Member, { organization, user: em().getReference(User, actor.id), capacity: 'admin' })
    }
    await flushUnique(organizationConflicts)
    return organizationDict(context, organization, true)
  },
}
