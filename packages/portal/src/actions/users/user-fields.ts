import type { FieldProblems } from '../../action-errors.ts'
import type { User } from '../../entities/user.ts'
import { emailTaken, USER_NAME_TAKEN } from '../../validators/user-validators.ts'

/** What only sysadmins set. */
export const SYSADMIN_FIELDS = ['id', 'sysadmin', 'state', 'created']

/** What is said when a row of `user` breaks a unique index. */
export function userConflicts({ email }: Pick<User, 'email'>): Readonly<Record<string, FieldProblems>> {
  return {
    users_name_key: { name: [USER_NAME_TAKEN] },
    users_email: { email: [emailTaken(email)] },
    users_pkey: { id: ['There is a user with this id'] },
  }
}
