import { em } from '@aldis/models'

import { NotFoundError } from '../../action-errors.ts'
import { Organization } from '../../entities/organization.ts'
import { isUuid } from '../../validators/uuid.ts'
import type { ActionContext } from '../action.ts'

/**
 * The organization with this id or name.
 *
 * @throws NotFoundError when there is none, or a deleted one and the caller is no sysadmin
 */
export async function findOrganization(
  { actor, trusted }: ActionContext,
  idOrName: string,
): Promise<Organization> {
  const organization = await organizationByIdOrName(idOrName)
  const seesDeleted = trusted || actor?.sysadmin === true
  if (organization === null || (organization.state === 'deleted' && !seesDeleted)) {
    throw new NotFoundError('Organization')
  }
  return organization
}

/** The organization with this id or name, in whatever state. */
export async function organizationByIdOrName(idOrName: string): Promise<Organization | null> {
  if (isUuid(idOrName)) return em().findOne(Organization, idOrName)
  return idOrName.includes('\0') ? null : em().findOne(Organization, { name: idOrName })
}
