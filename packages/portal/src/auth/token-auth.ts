import { findToken } from '../actions/tokens/find-token.ts'
import type { AuthFunction } from '../interfaces/iauth-functions.ts'
import type { PortalServices } from '../portal-services.ts'
import { onlySelf } from './user-auth.ts'

/** Who may call the actions about API tokens: their owners. */
export function tokenAuth(services: PortalServices): Readonly<Record<string, AuthFunction>> {
  return {
    api_token_create: { decide: (context, { user }) => onlySelf(context, user) },
    api_token_list: { decide: (context, { user_id: id, user }) => onlySelf(context, id ?? user) },
    api_token_revoke: {
      decide: async (context, parameters) =>
        onlySelf(context, (await findToken(services, parameters)).user.id),
    },
  }
}
