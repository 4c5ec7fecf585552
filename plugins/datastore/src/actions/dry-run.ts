import { transaction } from '@aldis/models'

/** Ends a dry run: its savepoint is undone. */
class DryRunOver extends Error {}

/** Run `work`, undo what it did, and resolve with its result; what it throws comes out. */
export async function dryRun<T>(work: () => Promise<T>): Promise<T> {
  const done = Promise.withResolvers<T>()
  try {
    await transaction(async () => {
      done.resolve(await work())
      throw new DryRunOver()
    })
  } catch (error) {
    if (!(error instanceof DryRunOver)) throw error
  }
  return done.promise
}
