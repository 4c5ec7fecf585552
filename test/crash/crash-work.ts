import { setTimeout as pause } from 'node:timers/promises'

import { em, transaction } from '@aldis/models'

import type { CrashPlan } from './crash-plan.ts'
import { happened, type CrashPlugin } from './crash-plugin.ts'
import { randomOf } from './random.ts'
import { eventId } from './shard-order.ts'

/** How long the sender waits for receivers that are behind, in milliseconds. */
const PATIENCE_MS = 50

/** What undoes a transaction or a savepoint of {@link sendMixed} on purpose. */
class Undone extends Error {}

/** Write the row of the event `id`, and send it, in the transaction that this runs in. */
async function happen(id: string, fails = false): Promise<void> {
  await em().execute('insert into crash_event (id) values (?)', [id])
  happened.send('crash', { id, fails })
}

/** One transaction with one event. */
export async function sendOne({ child }: CrashPlan): Promise<void> {
  await transaction(() => happen(eventId(child, 1)))
}

/**
 * Transactions of one to four events without an end: some rolled back, some with savepoints, of which some are undone.
 * Stops at the end of the `signal`.
 */
export async function sendMixed(plan: CrashPlan, plugin: CrashPlugin, signal: AbortSignal): Promise<void> {
  const random = randomOf(plan.seed + 1)
  let sent = 0
  const several = async (): Promise<void> => {
    for (let left = random.whole(1, 4); left > 0; left--) {
      sent += 1
      await happen(eventId(plan.child, sent), random.chance(0.15))
    }
  }
  const unlessUndone = (error: unknown): void => {
    if (!(error instanceof Undone)) throw error
  }
  const undoSome = (share: number): void => {
    if (random.chance(share)) throw new Undone()
  }
  while (!signal.aborted) {
    const savepoint = async (): Promise<void> => {
      await several()
      undoSome(0.5)
    }
    await transaction(async () => {
      await several()
      if (random.chance(0.3)) await transaction(savepoint).catch(unlessUndone)
      undoSome(0.2)
    }).catch(unlessUndone)
    const deadline = Date.now() + PATIENCE_MS
    while (sent > plugin.returned + 2 * plan.batchSize && Date.now() < deadline) await pause(1)
    await pause(random.whole(0, 3))
  }
}
