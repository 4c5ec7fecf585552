import { em } from '@aldis/models'
import { Member, NotAuthorizedError, NotFoundError, type ActionContext } from '@aldis/portal'

import { Activity } from './activity.ts'
import type { PageParameters } from './page-parameters.ts'
import { PRIVATE_VERBS } from './verbs.ts'

/** How many rows are read at most for one page, when many of them are not to be seen. */
const MAX_READ = 1000

/** Which activities: of a dataset and its resources, by or about a user, of datasets at all. */
export type Chosen = { readonly dataset: string } | { readonly user: string } | 'datasets'

/** The page of the activities that are `chosen` and that the caller may see, the newest first. */
export async function visibleActivities(
  context: ActionContext,
  chosen: Chosen,
  { limit, offset, before }: PageParameters,
): Promise<Activity[]> {
  const conditions = [conditionOf(chosen), ...(await readable(context))]
  const mayRead = datasetCheck(context)
  const wanted = offset + limit
  const seen: Activity[] = []
  let last = before
  for (let read = 0; read < MAX_READ; read += wanted) {
    const older = last === undefined ? [] : [{ id: { $lt: last } }]
    const rows = await em().find(
      Activity,
      { $and: [...conditions, ...older] },
      { orderBy: { id: 'desc' }, limit: wanted, populate: ['actor', 'dataset'] },
    )
    for (const row of rows) if (!row.dataset || (await mayRead(row.dataset.id))) seen.push(row)
    if (rows.length < wanted || seen.length >= wanted) break
    last = rows.at(-1)?.id
  }
  return seen.slice(offset, wanted)
}

function conditionOf(chosen: Chosen) {
  if (chosen === 'datasets') return { dataset: { $ne: null } }
  if ('dataset' in chosen) return { dataset: chosen.dataset }
  return { $or: [{ actor: chosen.user }, { subjectKind: 'user' as const, subjectId: chosen.user }] }
}

/**
 * What the database can leave out for the caller. The portal's own rule is asked about each dataset that is left: this one keeps
 * pages full.
 */
async function readable({ actor, trusted }: ActionContext) {
  if (trusted || actor?.sysadmin === true) return []
  const everyones = [{ dataset: null }, { dataset: { state: 'active' as const, private: false } }]
  const notPrivate = { verb: { $nin: [...PRIVATE_VERBS] } }
  if (actor === null) return [{ $or: everyones }, notPrivate]
  const members = await em().find(Member, { user: actor.id })
  const organizations = members.map(({ organization }) => organization.id)
  return [
    {
      $or: [
        ...everyones,
        { dataset: { organization: { $in: organizations } } },
        { dataset: { creator: actor.id } },
      ],
    },
    { $or: [notPrivate, { subjectKind: 'user' as const, subjectId: actor.id }] },
  ]
}

/** Asks the portal once for each dataset whether the caller may see it. */
function datasetCheck(context: ActionContext): (id: string) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>()
  const ask = async (id: string): Promise<boolean> => {
    try {
      await context.checkAccess('package_show', { id })
      return true
    } catch (error) {
      if (error instanceof NotAuthorizedError || error instanceof NotFoundError) return false
      throw error
    }
  }
  return (id) => {
    const answer = known.get(id) ?? ask(id)
    known.set(id, answer)
    return answer
  }
}
