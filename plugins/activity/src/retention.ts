import { once } from 'node:events'

import { messageOf, type Logger } from '@aldis/core'
import { em } from '@aldis/models'

import { Activity } from './activity.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** How many rows one statement deletes: the next one lets others in between. */
const CHUNK = 1000

/** Delete activities older than `keepDays`, now and every day, until `signal` is aborted. */
export async function keepPruned(keepDays: number, logger: Logger, signal: AbortSignal): Promise<void> {
  const run = async (): Promise<void> => {
    try {
      const deleted = await prune(new Date(Date.now() - keepDays * DAY_MS), signal)
      if (deleted > 0) logger.info({ deleted }, 'old activities were deleted')
    } catch (error) {
      logger.error({ err: error }, `old activities were not deleted: ${messageOf(error)}`)
    }
  }
  let running = run()
  const daily = setInterval(() => {
    running = running.then(run)
  }, DAY_MS)
  if (!signal.aborted) await once(signal, 'abort')
  clearInterval(daily)
  await running
}

/** Delete what was done before `oldest`, and return how many rows that were. */
async function prune(oldest: Date, signal: AbortSignal): Promise<number> {
  let deleted = 0
  while (!signal.aborted) {
    const manager = em()
    const old = await manager.find(
      Activity,
      { at: { $lt: oldest } },
      { fields: ['id'], orderBy: { at: 'asc' }, limit: CHUNK },
    )
    if (old.length > 0) await manager.nativeDelete(Activity, { id: { $in: old.map(({ id }) => id) } })
    deleted += old.length
    if (old.length < CHUNK) break
  }
  return deleted
}
