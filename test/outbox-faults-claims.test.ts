/** Jobs whose claims somebody has changed by hand or restored from a backup, and receivers that never end. */
import { SubscriptionMap } from '@aldis/core'
import { rawDatabase } from '@aldis/models'
import { namespace, type Signal } from '@aldis/signals'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'

/** The look for claims that have run out, the first retry's delay, the poll, and some time for each. */
const CONVERGED_MS = 10_000 + 2000 + 2000 + 10_000

const placed: Signal<string, { readonly label: string }> = namespace('outbox_claims').declare('placed', {
  payload: z.object({ label: z.string() }),
})
const heard: string[] = []
/** Receivers that run, and what ends them. */
const held = new Map<string, () => void>()

async function ship(_sender: string, { label }: { readonly label: string }): Promise<void> {
  heard.push(label)
  if (!label.startsWith('hold')) return
  const { promise, resolve } = Promise.withResolvers<void>()
  held.set(label, resolve)
  await promise
}

const shop = {
  getSignalSubscriptions: () =>
    new SubscriptionMap()
      .on(placed, ship, { id: 'ship', sender: 'web', delivery: 'durable' })
      .on(placed, ship, {
        id: 'endless',
        sender: 'till',
        delivery: 'durable',
        attempts: 2,
        timeoutMs: 300,
        retryDelayMs: 0,
      }),
}

describeDatabases('a durable event', (database) => {
  let running: OutboxHost
  let serving: AsyncDisposable
  beforeAll(async () => {
    running = await startOutbox({
      database: await database.settings(),
      plugins: [{ name: 'shop', plugin: shop }],
      settings: { batchSize: 1 },
    })
    serving = await running.serve()
  })
  afterAll(async () => {
    for (const end of held.values()) end()
    await serving[Symbol.asyncDispose]()
    await running[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    heard.length = 0
    held.clear()
    await execute('delete from aldis_jobs.job where $1')
  })

  const execute = (text: string): Promise<unknown> => rawDatabase().execute(text, [true])
  const send = (label: string, sender = 'web'): Promise<unknown> => placed.sendAsync(sender, { label })
  const states = async (): Promise<string[]> =>
    (await running.outbox.list()).map(({ state, attempts }) => `${state} ${attempts}`)

  test('whose job is deleted while its receiver runs is forgotten, and others are delivered', async () => {
    await send('hold')
    await expect.poll(() => heard).toEqual(['hold'])
    await execute('delete from aldis_jobs.job where $1')
    await send('next')
    held.get('hold')?.()

    await expect.poll(() => heard).toEqual(['hold', 'next'])
    await expect.poll(states).toEqual(['delivered 1'])
  })

  test('whose claim is taken back by hand while its receiver runs is delivered again', async () => {
    await send('hold')
    await expect.poll(() => held.size).toBe(1)
    await execute(
      `update aldis_jobs.job set state = 'created', started_on = null, heartbeat_on = null where $1`,
    )
    held.get('hold')?.()
    await expect.poll(() => heard).toEqual(['hold', 'hold'])
    held.get('hold')?.()

    await expect.poll(states).toEqual(['delivered 1'])
  })

  test('that a restored backup has as claimed by nobody alive is delivered without help', async () => {
    await send('beaten')
    await send('beatless')
    await expect.poll(states).toEqual(['delivered 1', 'delivered 1'])
    heard.length = 0
    await execute(
      `update aldis_jobs.job set state = 'active', completed_on = null, started_on = now() - interval '1 day',
         heartbeat_on = case when data ->> 'payload' like '%beaten%' then now() - interval '1 hour' end where $1`,
    )

    await expect.poll(() => heard.toSorted(), { timeout: CONVERGED_MS }).toEqual(['beaten', 'beatless'])
    await expect.poll(states).toEqual(['delivered 2', 'delivered 2'])
  }, 60_000)

  test('whose receiver never ends is parked when its attempts have timed out, and those behind it are delivered', async () => {
    await send('hold', 'till')
    await send('behind', 'till')

    await expect.poll(() => heard.toSorted(), { timeout: 20_000 }).toEqual(['behind', 'hold', 'hold'])
    await expect.poll(() => states().then((all) => all.toSorted())).toEqual(['delivered 1', 'parked 2'])
    const [parked] = await running.outbox.list({ state: 'parked' })
    expect(parked).toMatchObject({ subscription: 'endless', errorCode: 'RECEIVER_TIMEOUT' })
  })
})
