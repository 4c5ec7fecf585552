import { em } from '@aldis/models'

import { apiTime } from '../../api-time.ts'
import type { User } from '../../entities/user.ts'
import type { ActionContext } from '../action.ts'

/** A user as the API shows one. */
export type UserDict = Record<string, unknown>

interface Tables {
  readonly datasets: { creator_id: string; state: string; private: boolean }
}

/** `users` as the API shows them to the caller. Only the user and sysadmins see an e-mail address. */
export async function userDicts(context: ActionContext, users: readonly User[]): Promise<UserDict[]> {
  const counts = await datasetCounts(users.map(({ id }) => id))
  return users.map((user) => dictOf(context, user, counts.get(user.id) ?? 0))
}

/** One of {@link userDicts}. */
export async function userDict(context: ActionContext, user: User): Promise<UserDict> {
  const counts = await datasetCounts([user.id])
  return dictOf(context, user, counts.get(user.id) ?? 0)
}

function dictOf({ actor, trusted }: ActionContext, user: User, datasets: number): UserDict {
  const { id, name, fullname, about, sysadmin, state, created, lastActive, email } = user
  return {
    id,
    name,
    fullname,
    display_name: fullname ?? name,
    about,
    created: apiTime(created),
    last_active: lastActive ? apiTime(lastActive) : null,
    sysadmin,
    state,
    number_created_packages: datasets,
    ...((trusted || actor?.sysadmin === true || actor?.id === id) && { email }),
  }
}

/** How many datasets that everyone may see each of `users` has made. */
async function datasetCounts(users: readonly string[]): Promise<Map<string, number>> {
  if (users.length === 0) return new Map()
  const rows = await em()
    .getKysely<Tables>()
    .selectFrom('datasets')
    .select(({ fn }) => ['creator_id', fn.countAll<string | number>().as('count')])
    .where('creator_id', 'in', [...users])
    .where('state', '=', 'active')
    .where('private', '=', false)
    .groupBy('creator_id')
    .execute()
  return new Map(rows.map(({ creator_id: id, count }) => [id, Number(count)]))
}
