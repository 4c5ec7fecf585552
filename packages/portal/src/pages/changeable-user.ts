import { NotAuthorizedError } from '../action-errors.ts'
import type { Actor } from '../actions/action.ts'
import { ShownUser } from './shown.ts'
import type { Visit } from './visit.ts'

/** Who makes the visit; whoever is nobody is sent to log in. */
export function loggedIn({ actor }: Visit): Actor {
  if (actor === null) throw new NotAuthorizedError('Log in first')
  return actor
}

/** The user of the path, for those who may change it. */
export async function changeableUser(visit: Visit): Promise<ShownUser> {
  loggedIn(visit)
  const user = ShownUser.parse(await visit.call('user_show', { id: visit.param('name') }))
  await visit.services.actions.checkAccess('user_update', { id: user.id }, { actor: visit.actor })
  return user
}
