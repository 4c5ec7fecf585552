import { ValidationError, type FieldProblems } from '../action-errors.ts'
import type { ActionContext } from '../actions/action.ts'
import type { Parameters } from '../request-parameters/json-parameters.ts'

/** What a parameter has to be. */
export interface FieldRule {
  /** `required`: there and not empty; `given`: not empty if it is there; `nullable`: empty becomes null. */
  readonly presence: 'required' | 'given' | 'nullable'
  /** The names of the validators that it goes through, in order, unless it is left out or null. */
  readonly validators: readonly string[]
}

/** A rule for each parameter that an action knows. */
export type FieldRules = Readonly<Record<string, FieldRule>>

/** A parameter that has to be there and not empty. */
export function required(...validators: string[]): FieldRule {
  return { presence: 'required', validators }
}

/** A parameter that may be left out, and is not empty when it is there. */
export function given(...validators: string[]): FieldRule {
  return { presence: 'given', validators }
}

/** A parameter that may be left out, or be empty, which is as good as null. */
export function nullable(...validators: string[]): FieldRule {
  return { presence: 'nullable', validators }
}

/**
 * What the validators make of `parameters`: the fields that `rules` name and that were given. The validators are
 * asked for by name, so that plugins can replace them.
 *
 * @throws ValidationError with the problems of all fields
 */
export async function validateFields(
  context: ActionContext,
  parameters: Parameters,
  rules: FieldRules,
): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {}
  const problems: Record<string, FieldProblems[string]> = {}
  for (const [field, rule] of Object.entries(rules)) {
    const value = parameters[field]
    if (value === undefined && rule.presence !== 'required') continue
    try {
      values[field] = await validated(context, field, value, rule)
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error
      Object.assign(problems, error.problems)
    }
  }
  if (Object.keys(problems).length > 0) throw new ValidationError(problems)
  return values
}

async function validated(
  context: ActionContext,
  field: string,
  value: unknown,
  { presence, validators }: FieldRule,
): Promise<unknown> {
  if (presence === 'nullable' && (value === null || value === '')) return null
  let made = value
  for (const name of presence === 'nullable' ? validators : ['not_empty', ...validators]) {
    made = await context.validate(name, field, made)
  }
  return made
}

/** `parameters` without `fields`, unless the caller is a sysadmin: nobody else may set them, and they are not refused. */
export function withoutSysadminFields(
  { actor, trusted }: ActionContext,
  parameters: Parameters,
  fields: readonly string[],
): Parameters {
  if (trusted || actor?.sysadmin === true) return parameters
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !fields.includes(name)))
}
