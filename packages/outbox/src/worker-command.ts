import type { Command } from '@aldis/core'
import { rawDatabase } from '@aldis/models'

import { WorkerNeedsPostgresqlError } from './outbox-errors.ts'

/** `aldis worker`, which runs `deliver` until it is interrupted. */
export function workerCommand(deliver: (signal: AbortSignal) => Promise<void>): Command {
  return {
    name: 'worker',
    description: 'Deliver durable events in a process of its own, until SIGINT or SIGTERM; needs PostgreSQL',
    needs: 'process',
    async run(_args, { signal, stderr }) {
      if (rawDatabase().kind !== 'PostgreSQL') throw new WorkerNeedsPostgresqlError()
      stderr('Delivering. SIGINT and SIGTERM stop it, when the receivers that run are done.\n')
      await deliver(signal)
    },
  }
}
