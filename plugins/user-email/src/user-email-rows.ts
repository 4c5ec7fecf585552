import { randomUUID } from 'node:crypto'

import { em } from '@aldis/models'

interface Tables {
  readonly user_emails: {
    readonly id: string
    readonly user_id: string
    readonly email: string
    readonly verified: boolean
    readonly created: Date
  }
}

/** Note that `user` has the address `email`. Nothing happens when that is noted, so a second call does no harm. */
export async function addEmail(user: string, email: string): Promise<void> {
  // A unique violation would spoil the whole transaction on PostgreSQL; a conflict that does nothing is none.
  await em()
    .getKysely<Tables>()
    .insertInto('user_emails')
    .values({
      id: randomUUID(),
      user_id: user,
      email: email.toLowerCase(),
      verified: false,
      created: new Date(),
    })
    .onConflict((conflict) => conflict.columns(['user_id', 'email']).doNothing())
    .execute()
}

/** Forget that `user` has the address `email`. */
export async function removeEmail(user: string, email: string): Promise<void> {
  await em()
    .getKysely<Tables>()
    .deleteFrom('user_emails')
    .where('user_id', '=', user)
    .where('email', '=', email.toLowerCase())
    .execute()
}
