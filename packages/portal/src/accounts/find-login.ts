import { em } from '@aldis/models'

import type { User } from '../entities/user.ts'

/** What a login is checked against. */
export interface KnownLogin extends Pick<User, 'id' | 'name' | 'email' | 'sysadmin' | 'state'> {
  /** Null for those who have never set a password. */
  readonly passwordHash: string | null
}

interface Tables {
  readonly users: Omit<KnownLogin, 'passwordHash'> & { readonly password_hash: string | null }
}

/**
 * The user whose name is `login`, or whose e-mail address is, in whatever case; undefined for nobody. A deleted
 * user is known by the name alone: somebody else may have the address by now.
 */
export async function findLogin(login: string): Promise<KnownLogin | undefined> {
  // The database keeps no text with this character, and fails on one.
  if (login.includes('\0')) return undefined
  const found = await em()
    .getKysely<Tables>()
    .selectFrom('users')
    .select(['id', 'name', 'email', 'sysadmin', 'state', 'password_hash'])
    .where((is) =>
      is.or([
        is('name', '=', login),
        is.and([
          is(is.fn('lower', ['email']), '=', is.fn('lower', [is.val(login)])),
          is('state', '<>', 'deleted'),
        ]),
      ]),
    )
    .executeTakeFirst()
  if (found === undefined) return undefined
  const { password_hash: passwordHash, ...user } = found
  return { ...user, passwordHash }
}
