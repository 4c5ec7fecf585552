import { em } from '@aldis/models'
import {
  Dataset,
  NotFoundError,
  User,
  ValidationError,
  type Action,
  type ActionContext,
  type AuthFunction,
  type Parameters,
} from '@aldis/portal'

import { activityDict, type ActivityDict } from './activity-json.ts'
import { pageParameters } from './page-parameters.ts'
import { isId, referred } from './reference.ts'
import { visibleActivities, type Chosen } from './visible-activities.ts'

const PAGE = 'limit (30, at most 100), offset, and before: the id of an activity, for older ones.'

/** The actions by name. */
export const activityActions = {
  package_activity_list: listing(
    `What was done to a dataset and its resources, the newest first. Parameters: id, the dataset's id or name; ${PAGE}`,
    async (parameters) => ({ dataset: await datasetId(referenceIn(parameters)) }),
  ),
  user_activity_list: listing(
    `What a user did, as far as you may see it, the newest first. Parameters: id, the user's id or name; ${PAGE}`,
    async (parameters) => ({ user: await userId(referenceIn(parameters)) }),
  ),
  recently_changed_packages_activity_list: listing(
    `What was done to all datasets that you may see, the newest first. Parameters: ${PAGE}`,
    () => 'datasets',
  ),
}

/** Who may call them: whoever may see what they are about. */
export const activityAuth: Readonly<Record<keyof typeof activityActions, AuthFunction>> = {
  package_activity_list: whoMay('package_show'),
  user_activity_list: whoMay('user_show'),
  recently_changed_packages_activity_list: { allowAnonymous: true, decide: () => ({ success: true }) },
}

function listing(help: string, choose: (parameters: Parameters) => Chosen | Promise<Chosen>): Action {
  return {
    help,
    sideEffectFree: true,
    async run(context: ActionContext, parameters: Parameters): Promise<ActivityDict[]> {
      const page = pageParameters(parameters)
      const activities = await visibleActivities(context, await choose(parameters), page)
      return activities.map(activityDict)
    },
  }
}

function whoMay(action: string): AuthFunction {
  return {
    allowAnonymous: true,
    async decide(context, parameters) {
      await context.checkAccess(action, parameters)
      return { success: true }
    },
  }
}

function referenceIn({ id }: Parameters): string {
  if (id === undefined || id === null || id === '') throw new ValidationError({ id: ['Missing value'] })
  // No name has the character NUL, and PostgreSQL has no text with it.
  if (typeof id !== 'string' || id.includes('\0'))
    throw new ValidationError({ id: ['Must be an id or a name'] })
  return id
}

async function datasetId(reference: string): Promise<string> {
  // Those that are deleted have no name any more.
  const live = isId(reference) ? {} : { state: { $ne: 'deleted' as const } }
  const dataset = await em().findOne(Dataset, { ...referred(reference), ...live })
  if (dataset === null) throw new NotFoundError('Dataset')
  return dataset.id
}

async function userId(reference: string): Promise<string> {
  const user = await em().findOne(User, referred(reference))
  if (user === null) throw new NotFoundError('User')
  return user.id
}
