import type { z } from 'zod'

import { ValidationError, type FieldProblems } from '../../action-errors.ts'
import type { Parameters } from '../../request-parameters/json-parameters.ts'

/**
 * What `schema` makes of `parameters`.
 *
 * @throws ValidationError with the messages by parameter, when they do not fit
 */
export function checked<T>(schema: z.ZodType<T>, parameters: Parameters): T {
  const outcome = schema.safeParse(parameters)
  if (outcome.success) return outcome.data
  const problems = new Problems()
  for (const { path, message } of outcome.error.issues) problems.add(path, message)
  throw problems.error
}

type Collected = Record<string, (string | Collected)[]>

/** The messages about `name`. A parameter may be called as what every object has: `constructor`, say. */
function listIn(fields: Collected, name: string): Collected[string] {
  const known = Object.hasOwn(fields, name) ? fields[name] : undefined
  return (fields[name] = known ?? [])
}

/** Messages by parameter, as they are collected. */
export class Problems {
  readonly #fields: Collected = {}

  /** Note `message` about the parameter at `path`: a name, and for lists of objects the position and the name in there. */
  add(path: readonly PropertyKey[], message: string): void {
    const [field = '', position, inner] = path
    const list = listIn(this.#fields, String(field))
    if (typeof position !== 'number' || inner === undefined) {
      list.push(message)
      return
    }
    while (list.length <= position) list.push({})
    const entry = list[position]
    if (typeof entry === 'object') listIn(entry, String(inner)).push(message)
  }

  /** @throws ValidationError when there is any */
  throwIfAny(): void {
    if (Object.keys(this.#fields).length > 0) throw this.error
  }

  get error(): ValidationError {
    const fields: FieldProblems = this.#fields
    return new ValidationError(fields)
  }
}
