import { isThenable } from './receiver.ts'

/** Run `body` and call `done` after it: at once, or when the promise it returned settles. */
export function whenDone<T>(body: () => T, done: (failure?: { readonly error: unknown }) => void): T {
  const failed = (error: unknown): void => done({ error })
  let result: T
  try {
    result = body()
  } catch (error) {
    failed(error)
    throw error
  }
  if (isThenable(result)) result.then(() => done(), failed)
  else done()
  return result
}
