import { setImmediate } from 'node:timers/promises'

import { rawDatabase } from '@aldis/models'
import type { ConstructorOptions, Db } from 'pg-boss'

import type { Settings } from './settings.ts'

/** What pg takes: a connection that does not answer for so long is given up, since nobody may be at its other end. */
const SILENCE = { query_timeout: 30_000 }

/** What a worker's pg-boss speaks through: a connection of its own on a server, which can listen; the one there is on the embedded database. */
export function bossConnection({ poolSize }: Settings): ConstructorOptions {
  const database = rawDatabase()
  if (database.url !== undefined) return { connectionString: database.url, max: poolSize, ...SILENCE }
  const db: Db = {
    async executeSql(text, values) {
      // The embedded database answers within a turn of the event loop: while there is work, nobody else would have one.
      await setImmediate()
      return database.execute(text, values)
    },
    async listen(channel, onNotification, onReconnect) {
      const close = await database.listen?.(channel, onNotification)
      onReconnect()
      return { close: async () => close?.() }
    },
  }
  return { db, backend: 'pglite' }
}
