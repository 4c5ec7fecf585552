import type { ActionContext } from '../actions/action.ts'
import type { AuthFunction, AuthOutcome } from '../interfaces/iauth-functions.ts'
import type { PortalServices } from '../portal-services.ts'
import { isUuid } from '../validators/uuid.ts'

const anyone: AuthFunction = { allowAnonymous: true, decide: () => ({ success: true }) }

/** Who may call the actions about users. */
export function userAuth({ settings }: PortalServices): Readonly<Record<string, AuthFunction>> {
  return {
    user_create: {
      allowAnonymous: true,
      decide: () =>
        settings.openRegistration
          ? { success: true }
          : { success: false, msg: 'Not authorized to create users' },
    },
    user_delete: { decide: () => ({ success: false, msg: 'Only sysadmins delete users' }) },
    user_list: anyone,
    user_show: anyone,
    user_update: { decide: (context, { id }) => onlySelf(context, id) },
  }
}

/** Whether `user`, an id or a name, is who calls. Without one the action says what it misses. */
export function onlySelf({ actor }: ActionContext, user: unknown): AuthOutcome {
  if (user === undefined) return { success: true }
  // As actions find users: what looks like an id names nobody by name.
  const own = typeof user === 'string' && isUuid(user) ? actor?.id : actor?.name
  if (user === own) return { success: true }
  return { success: false, msg: `User ${actor?.name ?? ''} not authorized to act for another user` }
}
