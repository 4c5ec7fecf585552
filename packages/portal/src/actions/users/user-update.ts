import { z } from 'zod'

import { ValidationError } from '../../action-errors.ts'
import { endSessions } from '../../database-session-store.ts'
import { USER_STATES, type User } from '../../entities/user.ts'
import type { Parameters } from '../../request-parameters/json-parameters.ts'
import { hashPassword } from '../../security/passwords.ts'
import {
  given,
  nullable,
  required,
  validateFields,
  withoutSysadminFields,
  type FieldRules,
} from '../../validators/field-rules.ts'
import { requiredText } from '../../validators/required-text.ts'
import type { Action, ActionContext } from '../action.ts'
import { flushUnique } from '../unique-conflicts.ts'
import { findUser } from './find-user.ts'
import { userDict, type UserDict } from './user-dict.ts'
import { userConflicts } from './user-fields.ts'

const patchRules: FieldRules = {
  name: given('unicode_safe'),
  email: given('email_validator'),
  password: given('user_password_validator'),
  fullname: nullable('unicode_safe'),
  about: nullable('unicode_safe'),
  sysadmin: given('boolean_validator'),
  state: given('user_state_validator'),
}

const updateRules: FieldRules = { ...patchRules, email: required('email_validator') }

const Changes = z.object({
  name: z.string().exactOptional(),
  email: z.string().exactOptional(),
  password: z.string().exactOptional(),
  fullname: z.string().nullable().exactOptional(),
  about: z.string().nullable().exactOptional(),
  sysadmin: z.boolean().exactOptional(),
  state: z.enum(USER_STATES).exactOptional(),
})

const PARAMETERS =
  'Parameters: id, the id or name of the user; email, password, fullname, about. A new password ends the sessions of the ' +
  'user. Sysadmins may set sysadmin and state. The name cannot be changed.'

/** The action `user_update`. */
export const userUpdate: Action = {
  help: `Change a user and return it. ${PARAMETERS} The e-mail address has to be given.`,
  run: (context, parameters) => change(context, parameters, updateRules),
}

/** The action `user_patch`. */
export const userPatch: Action = {
  help: `Change what is given of a user, and return the user. ${PARAMETERS}`,
  auth: 'user_update',
  run: (context, parameters) => change(context, parameters, patchRules),
}

async function change(context: ActionContext, parameters: Parameters, rules: FieldRules): Promise<UserDict> {
  const user = await findUser(context, requiredText(parameters, 'id'))
  const allowed = withoutSysadminFields(context, parameters, ['sysadmin', 'state'])
  const { name, email, password, ...fields } = Changes.parse(await validateFields(context, allowed, rules))
  if (name !== undefined && name !== user.name) {
    throw new ValidationError({ name: ['That login name can not be modified.'] })
  }
  if (email !== undefined) await changeEmail(context, user, email)
  Object.assign(user, fields)
  if (password !== undefined) user.passwordHash = await hashPassword(password)
  await flushUnique(userConflicts(user))
  if (password !== undefined || user.state !== 'active') await endSessions(user.id)
  return userDict(context, user)
}

async function changeEmail(context: ActionContext, user: User, email: string): Promise<void> {
  const isAnother = email.toLowerCase() !== user.email.toLowerCase()
  if (isAnother) await context.validate('email_is_unique', 'email', email)
  user.email = email
}
