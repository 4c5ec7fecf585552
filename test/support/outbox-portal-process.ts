/**
 * A portal that delivers durably, in a process of its own, for tests that kill it. Called with JSON: the settings of `models` and
 * `portal`, the file of a ledger, and the name of a sysadmin to make, if any.
 *
 * Prints a line of JSON with its address when it serves, and one with the outbox's numbers for each line of its standard
 * input; when that ends, it stops.
 */
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'

import { createHost, silentLogger, SubscriptionMap, type Subscriptions } from '@aldis/core'
import ModelsPlugin from '@aldis/models'
import OutboxPlugin, { Outbox } from '@aldis/outbox'
import PortalPlugin, { datasetCreated } from '@aldis/portal'
import FeatureAdoptionPlugin from 'aldis-plugin-feature-adoption'
import { z } from 'zod'

import { portalCaller } from './portal-caller.ts'

/** How long the receiver works, so that some always do when the process is killed. */
const WORK_MS = 20

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const { ledger, user, ...settings } = z
  .object({
    models: z.looseObject({}),
    portal: z.looseObject({}),
    ledger: z.string(),
    user: z.string().optional(),
  })
  .parse(JSON.parse(process.argv[2] ?? '{}'))

/** Writes a line for each dataset that it hears of. */
const ledgerPlugin = {
  getSignalSubscriptions: (): Subscriptions =>
    new SubscriptionMap().on(
      datasetCreated,
      async (_id, { name }, meta) => {
        await setTimeout(WORK_MS)
        appendFileSync(ledger, `${JSON.stringify({ name, event: meta?.event?.id })}\n`)
      },
      { id: 'write', delivery: 'durable' },
    ),
}

const caller = portalCaller()
const host = await createHost({
  config: {
    plugins: ['models', 'outbox', 'portal', 'feature_adoption', 'ledger', 'portal_caller'],
    settings,
  },
  plugins: [
    { name: 'models', plugin: ModelsPlugin },
    { name: 'outbox', plugin: OutboxPlugin, requires: { models: '*' } },
    { name: 'portal', plugin: PortalPlugin, requires: { models: '*' } },
    { name: 'feature_adoption', plugin: FeatureAdoptionPlugin, requires: { outbox: '*', portal: '*' } },
    { name: 'ledger', plugin: ledgerPlugin, requires: { outbox: '*', portal: '*' } },
    caller.definition,
  ],
  logger: silentLogger,
})
await host.load()
await host.start()
const token = user === undefined ? '' : await caller.userWithToken({ name: user, sysadmin: true })
const stopped = new AbortController()
const serving = host.serve(stopped.signal, { onReady: ([url]) => tell({ url, token }) })
for await (const _asked of createInterface({ input: process.stdin })) {
  const { waiting, running, parked } = await host.resolve(Outbox).stats()
  tell({ waiting, running, parked })
}
stopped.abort()
await serving
await host.stop()
