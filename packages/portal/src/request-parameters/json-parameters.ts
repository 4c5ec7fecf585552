import { ParametersInvalidError } from './parameter-errors.ts'

/** Parameters by name, as a request gave them: nothing is known of their types yet. */
export type Parameters = Readonly<Record<string, unknown>>

/** Deeper than anything honest, and far from where a recursive reader runs out of stack. */
const MAX_DEPTH = 100

/** Written to an object, it changes what the object is. `constructor`, say, is an honest name of a column. */
const PROTOTYPE_KEY = '__proto__'

/**
 * The parameters in the JSON object `text`.
 *
 * @throws ParametersInvalidError when it is not JSON, no object, has a key that reaches for a prototype, or is too deep
 */
export function jsonParameters(text: string): Parameters {
  const value = parse(text)
  if (!isParameters(value)) throw new ParametersInvalidError('JSON Error: the body must be an object')
  checkKeys(value)
  return value
}

/** Whether `value` is an object of the kind that JSON has. */
export function isParameters(value: unknown): value is Parameters {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Refuse keys that reach for a prototype, at any depth of the JSON value `root`.
 *
 * @throws ParametersInvalidError when there is such a key, or `root` is too deep
 */
export function checkKeys(root: unknown): void {
  // Not recursive: JSON.parse reads values that are deeper than the stack.
  let level = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) {
      throw new ParametersInvalidError(`JSON Error: the body is more than ${MAX_DEPTH} levels deep`)
    }
    const next: unknown[] = []
    for (const value of level) {
      if (Array.isArray(value)) {
        for (const item of value) next.push(item)
      } else if (isParameters(value)) {
        for (const [key, item] of Object.entries(value)) {
          checkKey(key)
          next.push(item)
        }
      }
    }
    level = next
  }
}

/**
 * Refuse a name that reaches for a prototype.
 *
 * @throws ParametersInvalidError when `key` does
 */
export function checkKey(key: string): void {
  if (key !== PROTOTYPE_KEY) return
  throw new ParametersInvalidError(`JSON Error: the key ${JSON.stringify(key)} is not allowed`)
}

/** The parser's own words are not passed on: they quote the body, which may hold a password. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ParametersInvalidError('JSON Error: the body cannot be read as JSON')
  }
}
