/** What PGlite adds to an error: the statement with the values that were to be stored. */
const ADDED = ['query', 'params', 'queryOptions'] as const

/**
 * `error` of the database without the values of the row that it is about: they may be a password's hash or a token,
 * and errors are logged. A key that is taken stays, since it says what to do.
 */
export function withoutValues(error: Error): Error {
  for (const name of ADDED) Reflect.deleteProperty(error, name)
  const detail: unknown = Reflect.get(error, 'detail')
  if (typeof detail === 'string' && detail.startsWith('Failing row')) Reflect.deleteProperty(error, 'detail')
  return error
}
