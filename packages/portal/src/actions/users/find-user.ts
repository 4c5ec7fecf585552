import { em } from '@aldis/models'

import { NotFoundError } from '../../action-errors.ts'
import { User } from '../../entities/user.ts'
import { isUuid } from '../../validators/uuid.ts'
import type { ActionContext } from '../action.ts'

/**
 * The user with this id or name.
 *
 * @throws NotFoundError when there is none, or a deleted one and the caller is no sysadmin
 */
export async function findUser({ actor, trusted }: ActionContext, idOrName: string): Promise<User> {
  const user = await userByIdOrName(idOrName)
  const seesDeleted = trusted || actor?.sysadmin === true
  if (user === null || (user.state === 'deleted' && !seesDeleted)) throw new NotFoundError('User')
  return user
}

/** The user with this id or name, in whatever state. */
async function userByIdOrName(idOrName: string): Promise<User | null> {
  if (isUuid(idOrName)) return em().findOne(User, idOrName)
  return idOrName.includes('\0') ? null : em().findOne(User, { name: idOrName })
}
