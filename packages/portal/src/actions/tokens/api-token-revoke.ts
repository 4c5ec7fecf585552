import { em } from '@aldis/models'

import type { PortalServices } from '../../portal-services.ts'
import { tokenRevoked } from '../../portal-signals.ts'
import type { Action } from '../action.ts'
import { findToken } from './find-token.ts'
import { tokenEvent } from './token-event.ts'

/** The action `api_token_revoke`. */
export function apiTokenRevoke(services: PortalServices): Action {
  return {
    help: 'Revoke an API token: it lets nobody in any more. Parameters: jti, its id, or token, the token itself.',
    run: async (context, parameters) => {
      const token = await findToken(services, parameters)
      const { user } = token
      const event = tokenEvent(context, user, token)
      em().remove(token)
      await em().flush()
      if (tokenRevoked.isHeard) {
        await tokenRevoked.sendRobustAsync(user.name, event, {
          timeoutMs: services.settings.receiverTimeoutMs,
        })
      }
      return null
    },
  }
}
