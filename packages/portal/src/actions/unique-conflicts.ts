import { em } from '@aldis/models'
import { z } from 'zod'

import { ValidationError, type FieldProblems } from '../action-errors.ts'

/** As PostgreSQL reports a row that breaks a unique index. */
const UniqueViolation = z.object({ code: z.literal('23505'), constraint: z.string() })

/**
 * Write what has changed. A row that another one stands in the way of, which was not there a moment ago,
 * is a problem of the parameters.
 *
 * @throws ValidationError with the problems of the unique index, in `problems` by its name
 */
export async function flushUnique(problems: Readonly<Record<string, FieldProblems>>): Promise<void> {
  try {
    await em().flush()
  } catch (error) {
    const violation = UniqueViolation.safeParse(error)
    const told = violation.success ? problems[violation.data.constraint] : undefined
    if (told === undefined) throw error
    throw new ValidationError(told)
  }
}
