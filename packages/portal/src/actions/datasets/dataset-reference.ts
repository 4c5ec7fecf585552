import { ValidationError } from '../../action-errors.ts'
import type { Parameters } from '../../request-parameters/json-parameters.ts'

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** Whether `text` is an id. What is none may be a name: no name looks like an id. */
export function isId(text: string): boolean {
  return UUID.test(text)
}

/**
 * What the parameter `field` says: an id, or of what has names a name.
 *
 * @throws ValidationError when it is missing or no text
 */
export function referenceIn(parameters: Parameters, field: string): string {
  const value = parameters[field]
  if (value === undefined || value === null || value === '') {
    throw new ValidationError({ [field]: ['Missing value'] })
  }
  if (typeof value !== 'string') throw new ValidationError({ [field]: ['Must be a text'] })
  return searchable(value)
}

/** `text` as something that can be looked for: PostgreSQL has no texts with the character NUL, so nothing is called that. */
export function searchable(text: string): string {
  return text.replaceAll('\0', '\uFFFD')
}
