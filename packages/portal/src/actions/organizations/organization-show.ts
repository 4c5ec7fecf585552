import { z } from 'zod'

import { given, validateFields } from '../../validators/field-rules.ts'
import { requiredText } from '../../validators/required-text.ts'
import type { Action } from '../action.ts'
import { findOrganization } from './find-organization.ts'
import { organizationDict } from './organization-dict.ts'

const Options = z.object({ include_users: z.boolean().default(true) })

/** The action `organization_show`. */
export const organizationShow: Action = {
  help:
    'Return an organization. Parameters: id, its id or name; include_users, whether its users are in the result with what they ' +
    'may do (they are unless it is false).',
  sideEffectFree: true,
  run: async (context, parameters) => {
    const organization = await findOrganization(context, requiredText(parameters, 'id'))
    const { include_users: withUsers } = Options.parse(
      await validateFields(context, parameters, { include_users: given('boolean_validator') }),
    )
    return organizationDict(context, organization, withUsers)
  },
}
