import type { Parameters } from '../../request-parameters/json-parameters.ts'
import { requiredText } from '../../validators/required-text.ts'

/**
 * What the parameter `field` says: an id, or of what has names a name. What looks like an id is none.
 *
 * @throws ValidationError when it is missing or no text
 */
export function referenceIn(parameters: Parameters, field: string): string {
  return searchable(requiredText(parameters, field))
}

/** `text` as something that can be looked for: PostgreSQL has no texts with the character NUL, so nothing is called that. */
export function searchable(text: string): string {
  return text.replaceAll('\0', '\uFFFD')
}
