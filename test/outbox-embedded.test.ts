/** What only one process can have: the outbox in an embedded database that is kept in a folder. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { SubscriptionMap } from '@aldis/core'
import { em } from '@aldis/models'
import { namespace, type Signal } from '@aldis/signals'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { startOutbox } from './support/outbox-host.ts'

const placed: Signal<string, { readonly label: string }> = namespace('outbox_embedded').declare('placed', {
  payload: z.object({ label: z.string() }),
})
const heard: string[] = []
const shop = {
  getSignalSubscriptions: () =>
    new SubscriptionMap().on(placed, (_sender, { label }) => void heard.push(label), {
      id: 'ship',
      delivery: 'durable',
    }),
}

test('a process that starts after a crash goes on at once with what the one before had claimed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outbox-embedded-'))
  const start = () => startOutbox({ database: { folder }, plugins: [{ name: 'shop', plugin: shop }] })
  {
    await using before = await start()
    await placed.sendAsync('web', { label: 'tea' })
    // As a worker that is killed leaves it.
    await em().execute(
      `update aldis_jobs.job set state = 'active', started_on = now(), heartbeat_on = now() + interval '1 hour'`,
    )
    expect(await before.outbox.list()).toMatchObject([{ state: 'running' }])
  }
  await using after = await start()
  expect(await after.outbox.list()).toMatchObject([
    { state: 'waiting', attempts: 1, error: 'The process that called the receiver has died.' },
  ])
  await after.outbox.drain()
  expect(heard).toEqual(['tea'])
}, 120_000)
