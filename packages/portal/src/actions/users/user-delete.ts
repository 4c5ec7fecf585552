import { em } from '@aldis/models'

import { endSessions } from '../../database-session-store.ts'
import { Member } from '../../entities/member.ts'
import { PasswordReset } from '../../entities/password-reset.ts'
import { requiredText } from '../../validators/required-text.ts'
import type { Action } from '../action.ts'
import { findUser } from './find-user.ts'

/** The action `user_delete`. */
export const userDelete: Action = {
  help:
    'Delete a user. Parameter: id, the id or name. Its sessions end, its tokens let nobody in, and it is no member of an ' +
    'organization any more; its name stays taken.',
  run: async (context, parameters) => {
    const user = await findUser(context, requiredText(parameters, 'id'))
    user.state = 'deleted'
    for (const member of await em().find(Member, { user })) em().remove(member)
    await em().flush()
    await em().nativeDelete(PasswordReset, { user: user.id })
    await endSessions(user.id)
    return null
  },
}
