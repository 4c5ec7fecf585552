import { NotFoundError, ValidationError, type Action } from '@aldis/portal'

import { sqlState } from '../database-refusal.ts'
import { DatastoreInputError } from '../datastore-input-error.ts'

const undefinedTable = '42P01'

/**
 * What `work` returns. What is wrong with its input is told as the API tells it, and a table that somebody drops
 * meanwhile is one that is not there.
 */
export async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DatastoreInputError) throw new ValidationError(error.problems)
    if (sqlState(error) === undefinedTable) throw new NotFoundError('the table has just been deleted')
    throw error
  }
}

/** `action` with its `run` {@link answered}. */
export function answering(action: Action): Action {
  return {
    ...action,
    run: (context, parameters) => answered(async () => action.run(context, parameters)),
  }
}
