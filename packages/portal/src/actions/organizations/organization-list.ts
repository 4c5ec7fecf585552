import { em } from '@aldis/models'
import { z } from 'zod'

import { Organization } from '../../entities/organization.ts'
import { given, validateFields } from '../../validators/field-rules.ts'
import type { Action } from '../action.ts'
import { organizationDicts } from './organization-dict.ts'

const Options = z.object({
  all_fields: z.boolean().default(false),
  limit: z.number().exactOptional(),
  offset: z.number().exactOptional(),
})

/** The action `organization_list`. */
export const organizationList: Action = {
  help:
    'Return the names of the organizations, in order of their titles. Parameters: all_fields, whether to return the ' +
    'organizations themselves; limit and offset, which part of them.',
  sideEffectFree: true,
  run: async (context, parameters) => {
    const values = await validateFields(context, parameters, {
      all_fields: given('boolean_validator'),
      limit: given('natural_number_validator'),
      offset: given('natural_number_validator'),
    })
    const { all_fields: allFields, limit, offset } = Options.parse(values)
    const organizations = await em().find(
      Organization,
      { state: 'active' },
      {
        orderBy: { title: 'asc', name: 'asc' },
        ...(limit !== undefined && { limit }),
        ...(offset !== undefined && { offset }),
      },
    )
    return allFields ? organizationDicts(organizations) : organizations.map(({ name }) => name)
  },
}
