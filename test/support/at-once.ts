import { expect } from 'vitest'

/** Half of the time between two looks of a worker for jobs. */
const AT_ONCE_MS = 1000
const MOST_ROUNDS = 6

/**
 * `round` tells the worker of something and resolves when it is done. One of a few rounds takes less than a look of the
 * worker is away: the machine may stand still in any of them, but who waits for looks takes the time between two in each.
 */
export async function expectAtOnce(round: (number: number) => Promise<void>): Promise<void> {
  let quickest = Infinity
  for (let number = 0; number < MOST_ROUNDS && quickest > AT_ONCE_MS; number++) {
    const since = performance.now()
    await round(number)
    // The first may come just before a look that is due.
    if (number > 0) quickest = Math.min(quickest, performance.now() - since)
  }
  expect(quickest).toBeLessThan(AT_ONCE_MS)
}
