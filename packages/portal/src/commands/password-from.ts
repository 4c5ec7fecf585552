import type { CommandContext } from '@aldis/core'

import { PasswordMissingError, PasswordsDifferError } from './command-errors.ts'

/**
 * `given`, or the password that somebody types twice, unseen.
 *
 * @throws PasswordMissingError where nobody can be asked
 * @throws PasswordsDifferError when it is typed in two ways
 */
export async function passwordFrom(given: unknown, { ask }: CommandContext): Promise<string> {
  if (typeof given === 'string') return given
  if (ask === undefined) throw new PasswordMissingError()
  const password = await ask('Password: ', { secret: true })
  if ((await ask('The same again: ', { secret: true })) !== password) throw new PasswordsDifferError()
  return password
}
