import type { ApiToken } from '../../entities/api-token.ts'
import type { User } from '../../entities/user.ts'
import { eventText } from '../../event-text.ts'
import type { TokenEvent } from '../../portal-signals.ts'
import type { ActionContext } from '../action.ts'

/** What is told of `token`, which is `user`'s. */
export function tokenEvent(
  { actor }: ActionContext,
  user: Pick<User, 'id' | 'name'>,
  token: Pick<ApiToken, 'id' | 'name'>,
): TokenEvent {
  return {
    user: { id: user.id, name: user.name },
    token: { id: token.id, name: eventText(token.name) },
    actor: actor && { id: actor.id, name: actor.name },
  }
}
