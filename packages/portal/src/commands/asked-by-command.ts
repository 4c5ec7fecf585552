import { NotFoundError, ValidationError, type FieldProblems } from '../action-errors.ts'
import { CommandRefusedError } from './command-errors.ts'

/** As the exit codes of `aldis` are: what was asked for is not there, or cannot be asked for so. */
const NOT_THERE = 3
const CANNOT_BE = 2

/**
 * What `call`, the call of an action about the user `name`, gives.
 *
 * @throws CommandRefusedError when the action refuses, in words for who typed the command
 */
export async function askedByCommand<T>(name: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (error instanceof NotFoundError) {
      const message = `There is no user ${JSON.stringify(name)}. aldis user list shows who there is.`
      throw new CommandRefusedError(message, NOT_THERE, error)
    }
    if (error instanceof ValidationError) {
      const message = ['That cannot be done:', ...linesOf(error.problems)].join('\n')
      throw new CommandRefusedError(message, CANNOT_BE, error)
    }
    throw error
  }
}

/** A line for each of `problems`, with where it is. */
function linesOf(problems: FieldProblems, prefix = ''): string[] {
  return Object.entries(problems).flatMap(([field, found]) =>
    found.flatMap((problem) =>
      typeof problem === 'string'
        ? [`${prefix}${field}: ${problem}`]
        : linesOf(problem, `${prefix}${field}.`),
    ),
  )
}
