import { em } from '@aldis/models'

import { ApiToken } from '../../entities/api-token.ts'
import { requiredText } from '../../validators/required-text.ts'
import type { Action } from '../action.ts'
import { findUser } from '../users/find-user.ts'
import { tokenDict } from './token-dict.ts'

/** The action `api_token_list`. */
export const apiTokenList: Action = {
  help:
    'Return the API tokens of a user, the newest first, without the tokens themselves. Parameter: user_id, the id or name of ' +
    'the user; user means the same.',
  sideEffectFree: true,
  run: async (context, parameters) => {
    const field = parameters['user_id'] === undefined && parameters['user'] !== undefined ? 'user' : 'user_id'
    const user = await findUser(context, requiredText(parameters, field))
    const tokens = await em().find(ApiToken, { user: user.id }, { orderBy: { createdAt: 'desc', id: 'asc' } })
    return tokens.map(tokenDict)
  },
}
