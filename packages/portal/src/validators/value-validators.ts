import { Invalid, type Validator } from '../interfaces/ivalidators.ts'
import { API_TOKEN_ID } from '../security/api-token.ts'
import { isoTime } from './iso-time.ts'
import { isUuid } from './uuid.ts'

/** Refuses what is missing or empty. */
export const notEmpty: Validator = (value) => {
  if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) {
    throw new Invalid('Missing value')
  }
  return value
}

/** Takes text that the database can keep. */
export const unicodeSafe: Validator = (value) => textOf(value)

/** Takes what stands for yes or no, in forms too. */
export const booleanValidator: Validator = (value) => {
  if (typeof value === 'boolean') return value
  const text = typeof value === 'number' ? String(value) : textOf(value).toLowerCase()
  if (['true', 'yes', 't', 'y', '1', 'on'].includes(text)) return true
  if (['false', 'no', 'f', 'n', '0', 'off', ''].includes(text)) return false
  throw new Invalid('Must be true or false')
}

/** Takes a date in ISO 8601, and makes a `Date` of it. */
export const isoDate: Validator = (value) => {
  if (value instanceof Date) return value
  const date = isoTime(textOf(value))
  if (date === undefined) throw new Invalid('Date format incorrect')
  return date
}

/** Takes a whole number from 0, as digits too. */
export const naturalNumber: Validator = (value) => {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw new Invalid('Invalid integer')
  if (number < 0) throw new Invalid('Must be a natural number')
  return number
}

/** Takes a UUID, in lower case. */
export const uuidValidator: Validator = (value) => {
  const text = textOf(value)
  if (!isUuid(text)) throw new Invalid('Must be a UUID')
  return text.toLowerCase()
}

/** Takes what can be the id of an API token. */
export const apiTokenId: Validator = (value) => {
  const text = textOf(value)
  if (!API_TOKEN_ID.test(text)) throw new Invalid('Must be 32 bytes in base64url')
  return text
}

/**
 * The text `value`, for validators.
 *
 * @throws Invalid when it is none, or one that the database cannot keep
 */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Invalid('Must be a string')
  if (value.includes('\0')) throw new Invalid('Must not contain a null character')
  return value
}

/**
 * The text `value`, for validators of what can only be one of `known`.
 *
 * @throws Invalid when it is none of them
 */
export function oneOf(known: readonly string[], value: unknown): string {
  const text = textOf(value)
  if (!known.includes(text)) throw new Invalid(`Must be one of ${known.join(', ')}`)
  return text
}
