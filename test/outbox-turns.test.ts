/** Delivering beside everything else that a process does. */
import { SubscriptionMap } from '@aldis/core'
import { transaction } from '@aldis/models'
import { namespace, type Signal } from '@aldis/signals'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { startOutbox } from './support/outbox-host.ts'

const EVENTS = 300

const ordered: Signal<string, { readonly number: number }> = namespace('outbox_turns').declare('ordered', {
  payload: z.object({ number: z.int() }),
})

describeDatabases('a backlog', (database) => {
  test('is delivered while timers and whoever asks the process have their turns', async () => {
    let calls = 0
    let callsAtTimer = EVENTS
    const receive = (): void => {
      if (calls++ === 0) setTimeout(() => (callsAtTimer = calls), 1)
    }
    class Shop {
      getSignalSubscriptions(): SubscriptionMap {
        return new SubscriptionMap().on(ordered, receive, { id: 'ship', delivery: 'durable' })
      }
    }
    await using running = await startOutbox({
      database: await database.settings(),
      plugins: [{ name: 'shop', plugin: Shop }],
    })
    await transaction(() => {
      for (let number = 0; number < EVENTS; number++) ordered.send('web', { number })
    })

    await using _serving = await running.serve()
    await vi.waitFor(() => expect(calls).toBe(EVENTS), { timeout: 20_000 })

    expect(callsAtTimer).toBeLessThan(EVENTS)
  })
})
