import { em } from '@aldis/models'

import { Organization } from '../entities/organization.ts'
import { Invalid, type Validator } from '../interfaces/ivalidators.ts'
import { oneOf, textOf } from './value-validators.ts'

/** What is said of a name that an organization has. */
export const ORGANIZATION_NAME_TAKEN = 'Group name already exists in database'

/** Refuses a name that an organization has, or had: a deleted one keeps it. */
export const organizationNameIsUnique: Validator = async (value) => {
  const name = textOf(value)
  if ((await em().count(Organization, { name })) > 0) throw new Invalid(ORGANIZATION_NAME_TAKEN)
  return name
}

/** Takes the state of an organization. */
export const organizationStateValidator: Validator = (value) => oneOf(['active', 'deleted'], value)
