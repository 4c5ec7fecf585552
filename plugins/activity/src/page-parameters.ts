import { ValidationError, type Parameters } from '@aldis/portal'
import { z } from 'zod'

/** What everyone may ask for at once. */
const MAX_LIMIT = 100

/** A number, also as a query has it. */
const whole = z.union([
  z.int(),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
])

const PageParameters = z.object({
  limit: whole.pipe(z.int().min(1).max(MAX_LIMIT)).default(30),
  offset: whole.pipe(z.int().min(0).max(10_000)).default(0),
  before: whole.pipe(z.int().min(1)).optional(),
})
export type PageParameters = z.output<typeof PageParameters>

/** What a listing is asked for: `limit` activities after the first `offset`, older than that with the id `before`. */
export function pageParameters(parameters: Parameters): PageParameters {
  const parsed = PageParameters.safeParse(parameters)
  if (parsed.success) return parsed.data
  const problems: Record<string, string[]> = {}
  for (const { path } of parsed.error.issues)
    problems[String(path[0])] = [MESSAGES[String(path[0])] ?? 'Invalid']
  throw new ValidationError(problems)
}

const MESSAGES: Readonly<Record<string, string>> = {
  limit: `Must be a whole number from 1 to ${MAX_LIMIT}`,
  offset: 'Must be a whole number from 0 to 10000',
  before: 'Must be the id of an activity',
}
