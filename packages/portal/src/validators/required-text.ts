import { ValidationError } from '../action-errors.ts'
import type { Parameters } from '../request-parameters/json-parameters.ts'

/**
 * The text in the parameter `field`.
 *
 * @throws ValidationError when it is missing or no text
 */
export function requiredText(parameters: Parameters, field: string): string {
  const value = parameters[field]
  if (value === undefined || value === null || value === '') {
    throw new ValidationError({ [field]: ['Missing value'] })
  }
  if (typeof value !== 'string') throw new ValidationError({ [field]: ['Must be a string'] })
  return value
}
