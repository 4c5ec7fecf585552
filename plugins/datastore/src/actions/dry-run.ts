import { transaction } from '@aldis/models'

/** Ends a dry run: its savepoint is undone. */
class DryRunOver extends Error {}

/**
 * Run `work` in a savepoint of its own. When `dry`, what it did is undone as soon as it is done, and only its result stays;
 * what it throws comes out either way.
 */
export async function inSavepoint<T>(dry: boolean, work: () => Promise<T>): Promise<T> {
  if (!dry) return transaction(work)
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
