/** What a process that stops leaves to the next: what runs still, and nothing that has returned. The same on each database. */
import { setTimeout as pause } from 'node:timers/promises'

import { SubscriptionMap, type Subscriptions } from '@aldis/core'
import { em, transaction } from '@aldis/models'
import { namespace, type Meta, type Signal } from '@aldis/signals'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'

const counted: Signal<'web', { readonly number: number }> = namespace('outbox_stops').declare('counted', {
  senders: ['web'],
  payload: z.object({ number: z.int() }),
})

const NUMBERS = [0, 1, 2, 3, 4]
/** What the receiver does, as a test wishes. */
let onCounted: (number: number, meta: Meta | undefined) => unknown = () => undefined
const returned: number[] = []

const plugin = {
  getSignalSubscriptions: (): Subscriptions =>
    new SubscriptionMap().on(
      counted,
      async (_sender, { number }, meta) => {
        await onCounted(number, meta)
        returned.push(number)
      },
      { id: 'count', delivery: 'durable' },
    ),
}

describeDatabases('a process that stops', (database) => {
  let running: OutboxHost
  beforeAll(async () => {
    running = await startOutbox({
      database: await database.settings(),
      plugins: [{ name: 'stops', plugin }],
      settings: { quarantineAfter: 1, drainTimeoutMs: 2000 },
    })
  })
  afterAll(() => running[Symbol.asyncDispose]())
  beforeEach(async () => {
    onCounted = () => undefined
    returned.length = 0
    await em().execute('delete from aldis_jobs.job')
    await running.outbox.resume()
  })

  const send = (): Promise<void> =>
    transaction(() => {
      for (const number of NUMBERS) counted.send('web', { number })
    })

  test('gives back the job of a receiver that runs too long, and none that was taken with it and has returned', async () => {
    onCounted = (number) => (number === 0 ? new Promise(() => undefined) : undefined)
    await send()
    {
      await using _serving = await running.serve()
      await vi.waitFor(() => expect(returned).toHaveLength(NUMBERS.length - 1), 10_000)
    }
    expect(await running.outbox.list({ state: 'waiting' })).toMatchObject([
      { attempts: 1, error: 'pg-boss shut down while active' },
    ])
    expect(await running.outbox.list({ state: 'delivered' })).toHaveLength(NUMBERS.length - 1)

    onCounted = () => undefined
    await running.outbox.retry({ state: 'waiting' })
    expect(await running.outbox.drain()).toBe(0)
    expect(new Set(returned)).toEqual(new Set(NUMBERS))
    expect(returned).toHaveLength(NUMBERS.length)
  })

  test('waits for calls of a receiver that has been quarantined meanwhile', async () => {
    onCounted = async (number) => {
      if (number === 0) throw new Error('closed')
      await vi.waitFor(
        async () => expect((await running.outbox.stats()).receivers[0]?.status).toBe('quarantined'),
        10_000,
      )
      // The drain has seen it, and ends.
      await pause(200)
    }
    await send()

    expect(await running.outbox.drain()).toBe(1)
    expect(returned).toHaveLength(NUMBERS.length - 1)
    expect(await running.outbox.list({ state: 'waiting' })).toMatchObject([{ attempts: 1, error: 'closed' }])
  })
})
