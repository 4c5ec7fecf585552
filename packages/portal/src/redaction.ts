import { UploadedFile } from './request-parameters/uploaded-file.ts'

/** What no signal, log or stored job may carry, whatever an action calls it with or returns. */
const SECRET =
  /^(?:(?:\w+_)?(?:password[12]?|passwd|token|secret|api_?key|cookie)|password_hash|key|reset_key|private_key|authorization|_csrf)$/i

/**
 * A copy of `value` as plain data, without what is secret by its name. Files stand as their names and sizes; what is no
 * data is left out.
 */
export function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted)
  if (UploadedFile.is(value)) return { filename: value.filename, size: value.size }
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  return redactedRecord(value)
}

/** {@link redacted} for what is known to be an object. */
export function redactedRecord(value: object): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(value)) {
    if (!SECRET.test(key) || isExtra(value, key)) copy[key] = redacted(entry)
  }
  return copy
}

/** The keys of a dataset's extras are called `key`, and are no keys to anything. */
function isExtra(value: object, key: string): boolean {
  return key === 'key' && 'value' in value
}
