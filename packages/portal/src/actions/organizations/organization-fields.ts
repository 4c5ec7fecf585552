import { z } from 'zod'

import type { FieldProblems } from '../../action-errors.ts'
import { given, nullable, type FieldRules } from '../../validators/field-rules.ts'
import { ORGANIZATION_NAME_TAKEN } from '../../validators/organization-validators.ts'

/** What may be changed of an organization. */
export const organizationRules: FieldRules = {
  name: given('name_validator'),
  title: nullable('unicode_safe'),
  description: nullable('unicode_safe'),
  state: given('organization_state_validator'),
}

/** What {@link organizationRules} make. */
export const OrganizationFields = z.object({
  name: z.string().exactOptional(),
  title: z.string().nullable().exactOptional(),
  description: z.string().nullable().exactOptional(),
  state: z.enum(['active', 'deleted']).exactOptional(),
})

/** What is said when a row breaks a unique index. */
export const organizationConflicts: Readonly<Record<string, FieldProblems>> = {
  organizations_name_key: { name: [ORGANIZATION_NAME_TAKEN] },
  organizations_pkey: { id: ['There is an organization with this id'] },
}
