import { SubscriptionMap, type ISignal } from '@aldis/core'
import { postSave, refTo, type IModels, type Model, type PluginModels, type Saved } from '@aldis/models'
import { User } from '@aldis/portal'

import { addEmail, removeEmail } from './user-email-rows.ts'
import { userEmailModels } from './user-email.ts'

export { UserEmail } from './user-email.ts'

/** Keeps the addresses of users in a table of their own, in the transaction that writes the user. */
export default class UserEmailPlugin implements IModels, ISignal {
  getModels(): PluginModels {
    return userEmailModels
  }

  getSignalSubscriptions(): SubscriptionMap {
    return new SubscriptionMap()
      .on(postSave, createUserEmail, { sender: User, id: 'create_user_email' })
      .on(postSave, followUserEmail, { sender: User, id: 'follow_user_email' })
  }
}

async function createUserEmail(_user: Model, { instance, created, changes }: Saved): Promise<void> {
  const email = changes['email']?.new
  if (!created || !isAddress(email)) return
  await addEmail(String(refTo(instance).id), email)
}

async function followUserEmail(_user: Model, { instance, created, changes }: Saved): Promise<void> {
  const { old, new: email } = changes['email'] ?? {}
  if (created || !isAddress(email) || !isAddress(old) || email.toLowerCase() === old.toLowerCase()) return
  const user = String(refTo(instance).id)
  await addEmail(user, email)
  await removeEmail(user, old)
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
