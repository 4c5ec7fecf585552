import { requiredText } from '../../validators/required-text.ts'
import type { Action } from '../action.ts'
import { findUser } from './find-user.ts'
import { userDict } from './user-dict.ts'

/** The action `user_show`. */
export const userShow: Action = {
  help:
    'Return a user. Parameter: id, the id or name of the user; you yourself when it is left out. ' +
    'The e-mail address is shown to the user and to sysadmins.',
  sideEffectFree: true,
  run: async (context, parameters) => {
    const { actor } = context
    const id = parameters['id'] === undefined && actor !== null ? actor.id : requiredText(parameters, 'id')
    return userDict(context, await findUser(context, id))
  },
}
