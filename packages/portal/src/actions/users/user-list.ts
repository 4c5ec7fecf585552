import { em } from '@aldis/models'
import { z } from 'zod'

import { User } from '../../entities/user.ts'
import { given, validateFields } from '../../validators/field-rules.ts'
import type { Action } from '../action.ts'
import { userDicts } from './user-dict.ts'

const Options = z.object({
  q: z.string().exactOptional(),
  email: z.string().exactOptional(),
  all_fields: z.boolean().default(true),
})

/** The action `user_list`. */
export const userList: Action = {
  help:
    'Return the users that are not deleted, in order of their names. Parameters: q, what the name or full name contains; ' +
    'email, for sysadmins, the e-mail address; all_fields, whether to return users (the default) or their names.',
  sideEffectFree: true,
  run: async (context, parameters) => {
    const {
      q,
      email,
      all_fields: allFields,
    } = Options.parse(
      await validateFields(context, parameters, {
        q: given('unicode_safe'),
        email: given('unicode_safe'),
        all_fields: given('boolean_validator'),
      }),
    )
    const part = q === undefined ? undefined : `%${literal(q)}%`
    const seesEmails = context.trusted || context.actor?.sysadmin === true
    const users = await em().find(
      User,
      {
        state: { $ne: 'deleted' },
        ...(part !== undefined && { $or: [{ name: { $ilike: part } }, { fullname: { $ilike: part } }] }),
        ...(email !== undefined && seesEmails && { email: { $ilike: literal(email) } }),
      },
      { orderBy: { name: 'asc' } },
    )
    return allFields ? userDicts(context, users) : users.map(({ name }) => name)
  },
}

/** A pattern that only `text` fits. */
function literal(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`)
}
