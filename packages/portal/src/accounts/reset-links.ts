import { em, transaction } from '@aldis/models'

import { PasswordReset } from '../entities/password-reset.ts'
import { User } from '../entities/user.ts'
import { createResetKey, resetKeyMatches } from '../security/reset-key.ts'

/** How long a link is good, in hours. */
export const RESET_HOURS = 24

/** Whoever keeps asking fills nobody's mailbox. */
const MOST_LINKS = 5

/** A link that was made. */
export interface ResetLink {
  readonly id: string
  /** What is mailed, and kept nowhere. */
  readonly key: string
}

/** Make a link for the user `userId`; undefined when there are enough that are still good. */
export async function createResetLink(userId: string): Promise<ResetLink | undefined> {
  const { key, hash } = createResetKey()
  return transaction(async (em) => {
    if ((await em.count(PasswordReset, goodFor(userId))) >= MOST_LINKS) return undefined
    const expires = new Date(Date.now() + RESET_HOURS * 60 * 60 * 1000)
    const reset = em.create(PasswordReset, { user: em.getReference(User, userId), keyHash: hash, expires })
    await em.flush()
    return { id: reset.id, key }
  })
}

/** Take a link back that did not reach anybody. */
export async function removeResetLink({ id }: Pick<ResetLink, 'id'>): Promise<void> {
  await em().nativeDelete(PasswordReset, { id })
}

/** The id of the good link of the user `userId` with this `key`, if there is one. */
export async function findResetLink(userId: string, key: string): Promise<string | undefined> {
  const links = await em().find(PasswordReset, goodFor(userId))
  return links.find(({ keyHash }) => resetKeyMatches(key, keyHash))?.id
}

/** Spend the link `id` of the user `userId`, and all others with it. Whether it was there: it is good once. */
export async function spendResetLink(userId: string, id: string): Promise<boolean> {
  const spent = await em().nativeDelete(PasswordReset, { id })
  await em().nativeDelete(PasswordReset, { user: userId })
  return spent === 1
}

function goodFor(userId: string): { user: string; expires: { $gt: Date } } {
  return { user: userId, expires: { $gt: new Date() } }
}
