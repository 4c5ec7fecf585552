import { em } from '@aldis/models'
import { z } from 'zod'

import { ApiToken } from '../../entities/api-token.ts'
import type { PortalServices } from '../../portal-services.ts'
import { tokenCreated } from '../../portal-signals.ts'
import { createApiToken } from '../../security/api-token.ts'
import { given, required, validateFields, withoutSysadminFields } from '../../validators/field-rules.ts'
import type { Action } from '../action.ts'
import { flushUnique } from '../unique-conflicts.ts'
import { findUser } from '../users/find-user.ts'
import { tokenEvent } from './token-event.ts'

const rules = {
  user: required('unicode_safe'),
  name: required('unicode_safe'),
  id: given('api_token_id_validator'),
  created_at: given('isodate'),
  last_access: given('isodate'),
}

const NewToken = z.object({
  user: z.string(),
  name: z.string(),
  id: z.string().exactOptional(),
  created_at: z.date().exactOptional(),
  last_access: z.date().exactOptional(),
})

/** The action `api_token_create`. */
export function apiTokenCreate(services: PortalServices): Action {
  return {
    help:
      'Create an API token and return it, with its id. It is shown this once. Parameters: user, the id or name of the user; ' +
      'name, what it is called in listings. Sysadmins may set id, created_at and last_access.',
    run: async (context, parameters) => {
      const allowed = withoutSysadminFields(context, parameters, ['id', 'created_at', 'last_access'])
      const values = NewToken.parse(await validateFields(context, allowed, rules))
      const user = await findUser(context, values.user)
      const { id, token, hash } = await createApiToken(services.secret.key('api-token'), values.id)
      const { name, created_at: createdAt = new Date(), last_access: lastAccess = null } = values
      em().create(ApiToken, { id, name, user, hash, createdAt, lastAccess })
      await flushUnique({ api_tokens_pkey: { id: ['There is a token with this id'] } })
      if (tokenCreated.isHeard) {
        const { receiverTimeoutMs: timeoutMs } = services.settings
        await tokenCreated.sendRobustAsync(user.name, tokenEvent(context, user, { id, name }), { timeoutMs })
      }
      return { token, id }
    },
  }
}
