import type { Parameters } from '../../request-parameters/json-parameters.ts'
import {
  required,
  validateFields,
  withoutSysadminFields,
  type FieldRules,
} from '../../validators/field-rules.ts'
import { requiredText } from '../../validators/required-text.ts'
import type { Action, ActionContext } from '../action.ts'
import { flushUnique } from '../unique-conflicts.ts'
import { findOrganization } from './find-organization.ts'
import { organizationDict, type OrganizationDict } from './organization-dict.ts'
import { organizationConflicts, OrganizationFields, organizationRules } from './organization-fields.ts'

const updateRules: FieldRules = { ...organizationRules, name: required('name_validator') }

const PARAMETERS =
  'Parameters: id, the id or name of the organization; name, title, description. Sysadmins may set state.'

/** The action `organization_update`. */
export const organizationUpdate: Action = {
  help: `Change an organization and return it. ${PARAMETERS} A title or a description that is left out becomes empty.`,
  run: (context, parameters) =>
    change(context, { title: null, description: null, ...parameters }, updateRules),
}

/** The action `organization_patch`. */
export const organizationPatch: Action = {
  help: `Change what is given of an organization, and return the organization. ${PARAMETERS}`,
  auth: 'organization_update',
  run: (context, parameters) => change(context, parameters, organizationRules),
}

async function change(
  context: ActionContext,
  parameters: Parameters,
  rules: FieldRules,
): Promise<OrganizationDict> {
  const organization = await findOrganization(context, requiredText(parameters, 'id'))
  // Deleting asks whether there are datasets: this is no way around it.
  const allowed = withoutSysadminFields(context, parameters, ['state'])
  const { name, title, ...fields } = OrganizationFields.parse(await validateFields(context, allowed, rules))
  if (name !== undefined && name !== organization.name) {
    await context.validate('organization_name_is_unique', 'name', name)
    organization.name = name
  }
  if (title !== undefined) organization.title = title ?? organization.name
  Object.assign(organization, fields)
  await flushUnique(organizationConflicts)
  return organizationDict(context, organization, true)
}
