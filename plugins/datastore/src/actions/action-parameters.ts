import { ValidationError, type Parameters } from '@aldis/portal'
import { z } from 'zod'

import { isResourceId } from '../datastore-table.ts'

/** True or false; forms and addresses say it with words. Nothing is nothing. */
export const flag = z
  .union([z.boolean(), z.stringbool(), z.literal('').transform(() => undefined)], {
    error: 'Must be true or false',
  })
  .nullish()
  .transform((value) => value ?? undefined)

/** What `schema` makes of `parameters`; keys that it does not name are not looked at. */
export function parsed<T>(schema: z.ZodType<T>, parameters: Parameters): T {
  const outcome = schema.safeParse(parameters)
  if (outcome.success) return outcome.data
  const problems: Record<string, string[]> = {}
  for (const { path, message } of outcome.error.issues) (problems[String(path[0])] ??= []).push(message)
  throw new ValidationError(problems)
}

/**
 * The id of a resource, or the alias of its table, in `resource_id`, or where CKAN's older clients have it, in `id`.
 *
 * @throws ValidationError when neither is there
 */
export function referenceIn({ resource_id: reference, id }: Parameters): string {
  const value = reference ?? id
  if (value === undefined || value === null || value === '') {
    throw new ValidationError({ resource_id: ['Missing value'] })
  }
  if (typeof value !== 'string') throw new ValidationError({ resource_id: ['Must be a text'] })
  const lower = value.toLowerCase()
  // PostgreSQL has no texts with the character NUL, so nothing is called that.
  return isResourceId(lower) ? lower : value.replaceAll('\0', '\uFFFD')
}
