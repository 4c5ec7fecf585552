import { signals } from '@aldis/core'
import { em } from '@aldis/models'
import { z } from 'zod'

import { User, USER_STATES } from '../../entities/user.ts'
import type { PortalServices } from '../../portal-services.ts'
import { hashPassword } from '../../security/passwords.ts'
import {
  given,
  nullable,
  required,
  validateFields,
  withoutSysadminFields,
} from '../../validators/field-rules.ts'
import { flushUnique } from '../unique-conflicts.ts'
import type { Action } from '../action.ts'
import { userDict } from './user-dict.ts'
import { SYSADMIN_FIELDS, userConflicts } from './user-fields.ts'

const rules = {
  id: given('uuid_validator'),
  name: required('name_validator', 'user_name_is_unique'),
  email: required('email_validator', 'email_is_unique'),
  password: required('user_password_validator'),
  fullname: nullable('unicode_safe'),
  about: nullable('unicode_safe'),
  sysadmin: given('boolean_validator'),
  state: given('user_state_validator'),
  created: given('isodate'),
  with_apitoken: given('boolean_validator'),
}

const NewUser = z.object({
  id: z.string().exactOptional(),
  name: z.string(),
  email: z.string(),
  password: z.string(),
  fullname: z.string().nullable().exactOptional(),
  about: z.string().nullable().exactOptional(),
  sysadmin: z.boolean().exactOptional(),
  state: z.enum(USER_STATES).exactOptional(),
  created: z.date().exactOptional(),
  with_apitoken: z.boolean().default(false),
})

/** The action `user_create`. */
export function userCreate(services: PortalServices): Action {
  return {
    help:
      'Create a user and return it. Parameters: name, email and password; fullname and about if you like; with_apitoken, ' +
      'whether the result has a new API token. Sysadmins may set id, sysadmin, state and created.',
    run: async (context, parameters) => {
      const allowed = withoutSysadminFields(context, parameters, SYSADMIN_FIELDS)
      const values = NewUser.parse(await validateFields(context, allowed, rules))
      const { password, with_apitoken: withToken, ...fields } = values
      const passwordHash = await hashPassword(password)
      const user = em().create(User, { fullname: null, about: null, ...fields, passwordHash })
      await flushUnique(userConflicts(user))
      const { id, name } = user
      if (signals.userCreated.isHeard) {
        const { receiverTimeoutMs: timeoutMs } = services.settings
        await signals.userCreated.sendRobustAsync(name, { user: { id, name } }, { timeoutMs })
      }
      const self = context.actor === null ? { ...context, actor: { id, name, sysadmin: false } } : context
      const dict = await userDict(self, user)
      if (!withToken) return dict
      const made = await services.actions.call(
        'api_token_create',
        { user: name, name: 'default' },
        { actor: context.actor, trusted: true },
      )
      return { ...dict, token: z.object({ token: z.string() }).parse(made).token }
    },
  }
}
