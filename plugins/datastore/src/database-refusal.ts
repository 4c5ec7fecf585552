import { DatastoreInputError } from './datastore-input-error.ts'

const uniqueViolation = '23505'

/**
 * The classes of SQLSTATE that blame the values of a statement: data exception, integrity constraint, and
 * program limit. Of class 42, where most are faults of ours, these: a text search that cannot be read, and a
 * type that has no order.
 */
const inputStates = /^(?:22|23|54)|^(?:42601|42883|42704|42804)$/

/**
 * Run `query`; what PostgreSQL refuses because of the values in it becomes a problem of the action's `field`.
 *
 * Other errors pass as they are. The transaction is spoilt either way, so the caller must roll it back.
 */
export async function blameInput<T>(field: string, query: () => Promise<T>): Promise<T> {
  try {
    return await query()
  } catch (error) {
    const state = sqlState(error)
    if (!(error instanceof Error) || state === undefined || !inputStates.test(state)) throw error
    throw new DatastoreInputError(
      state === uniqueViolation
        ? { [field]: ['A row with the same unique key exists already.'] }
        : { [field]: [error.message] },
      { cause: error },
    )
  }
}

/** The SQLSTATE of an error from `pg` or PGlite, which an ORM between may have wrapped. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code)) return error.code
  return sqlState(error.cause)
}
