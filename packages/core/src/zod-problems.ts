import type { z } from 'zod'

import { didYouMean } from './suggestion.ts'

/** One thing that a schema found wrong. */
export interface ZodProblem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** What `error` says, one by one, with the one of `known` that an unknown key was probably meant to be. */
export function zodProblems(error: z.core.$ZodError, known: readonly string[]): ZodProblem[] {
  return error.issues.flatMap((issue): ZodProblem[] => {
    const { path, message } = issue
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `unknown key.${didYouMean(key, known)}`,
      }))
    }
    if (issue.code === 'invalid_key') return issue.issues.map((inner) => ({ path, message: inner.message }))
    return [{ path, message }]
  })
}
