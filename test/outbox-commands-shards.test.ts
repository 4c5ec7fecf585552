/** What an operator sees of shards from the command line. The same on each database. */
import { SubscriptionMap, type Subscriptions } from '@aldis/core'
import { namespace, type Signal } from '@aldis/signals'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'
import { runCommand, type CommandCall } from './support/run-command.ts'

const moved: Signal<string, { readonly shelf: string }> = namespace('outbox_commands_shards').declare(
  'moved',
  {
    payload: z.object({ shelf: z.string() }),
  },
)
const shop = {
  getSignalSubscriptions: (): Subscriptions =>
    new SubscriptionMap().on(
      moved,
      () => {
        throw new Error('the printer is off\nreally')
      },
      {
        id: 'label',
        delivery: 'durable',
        retryDelayMs: 60_000,
        shard: (_sender, { shelf }) => shelf,
      },
    ),
}

describeDatabases('outbox shards', (database) => {
  let running: OutboxHost
  beforeAll(async () => {
    running = await startOutbox({
      database: await database.settings(),
      plugins: [{ name: 'shop', plugin: shop }],
    })
  })
  afterAll(() => running[Symbol.asyncDispose]())
  const run = (call: CommandCall = {}) => runCommand(running.host, 'outbox shards', call)

  test('says so while nothing waits', async () => {
    expect(await run()).toEqual({ out: '', err: '\nNo shard has jobs that wait.\n' })
  })

  test('shows the deepest first, with what holds each back, in a line that stays one', async () => {
    for (const shelf of ['low', 'high', 'high', '\u001b[2Jodd']) await moved.sendAsync('web', { shelf })
    await running.outbox.drain()
    const { out, err } = await run({ terminal: { isTTY: true } })

    const [header, first, below, ...others] = out.trimEnd().split('\n')
    expect(header).toMatch(/^SHARD +STATUS +WAITING +LAG +RECEIVER$/)
    expect(first).toMatch(/^high +retrying +2 +\d+s +shop:label$/)
    expect(below).toMatch(/^ {4}until \S+Z: the printer is off.really$/)
    expect(others).toHaveLength(4)
    expect(out).not.toContain('\u001b')
    expect(err).toBe('\n3 shards, deepest first.\n')
  })

  test('shows as many as are asked for, of the receiver that is named, as JSON too', async () => {
    const { out } = await run({ options: { json: true, limit: 1, receiver: 'shop:label' } })
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      shards: [
        {
          plugin: 'shop',
          subscription: 'label',
          shard: 'high',
          status: 'retrying',
          waiting: 2,
          error: 'the printer is off\nreally',
        },
      ],
      more: true,
    })
    await expect(run({ options: { limit: 0 } })).rejects.toMatchObject({ code: 'OUTBOX_USAGE' })
    await expect(run({ options: { receiver: 'shopp' } })).rejects.toMatchObject({
      code: 'RECEIVER_UNKNOWN',
      exitCode: 3,
    })
  })
})
