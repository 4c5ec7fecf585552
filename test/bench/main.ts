/**
 * `pnpm bench`: what signals and the host cost, beside what else there is.
 *
 * Prints a table, or with `--json` one document. `--smoke` runs everything
 * briefly and holds nobody to a bar; `--only TEXT` runs the benches whose name
 * contains TEXT. Exits with 1 when a bar is missed or something breaks.
 */
import { parseArgs } from 'node:util'

import type { Bench, Case, Pace } from './case.ts'
import { boot } from './cases/boot.ts'
import { bundle } from './cases/bundle.ts'
import { cli } from './cases/cli.ts'
import { connect } from './cases/connect.ts'
import { datasets } from './cases/datasets.ts'
import { datastore } from './cases/datastore.ts'
import { memory } from './cases/memory.ts'
import { models } from './cases/models.ts'
import { notify } from './cases/notify.ts'
import { outboxDrain } from './cases/outbox-drain.ts'
import { outboxEnqueue } from './cases/outbox-enqueue.ts'
import { outboxLatency } from './cases/outbox-latency.ts'
import { outboxMemory } from './cases/outbox-memory.ts'
import { outboxWorkers } from './cases/outbox-workers.ts'
import { portal } from './cases/portal.ts'
import { portalMemory } from './cases/portal-memory.ts'
import { send } from './cases/send.ts'
import { senders } from './cases/senders.ts'
import { start } from './cases/start.ts'
import { table } from './table.ts'

const benches: readonly Bench[] = [
  notify,
  send,
  senders,
  connect,
  memory,
  bundle,
  boot,
  cli,
  start,
  portal,
  portalMemory,
  datasets,
  datastore,
  models,
  outboxDrain,
  outboxEnqueue,
  outboxLatency,
  outboxWorkers,
  outboxMemory,
]

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
})

const chosen = benches.filter(({ name }) => name.includes(flags.only))
if (chosen.length === 0) {
  console.error(
    `No bench is called "${flags.only}". There are: ${benches.map(({ name }) => name).join(', ')}.`,
  )
  process.exit(2)
}

const pace: Pace = flags.smoke
  ? { smoke: true, rounds: 2, sampleMs: 0.1 }
  : { smoke: false, rounds: 100, sampleMs: 2 }

const cases: Case[] = []
const broken: string[] = []
for (const bench of chosen) {
  if (!flags.json) process.stderr.write(`${bench.name} … `)
  const start = performance.now()
  try {
    cases.push(...(await bench.run(pace)))
  } catch (error) {
    broken.push(bench.name)
    console.error(`\n${bench.name} broke:`, error)
  }
  if (!flags.json) process.stderr.write(`${((performance.now() - start) / 1000).toFixed(1)} s\n`)
}

console.log(flags.json ? JSON.stringify({ cases }, null, 2) : `\n${table(cases)}`)

const missed = flags.smoke ? [] : cases.filter(({ ok }) => !ok)
if (!flags.json && missed.length > 0)
  console.log(`\n${missed.length} of ${cases.length} cases miss their bar.`)
if (broken.length > 0) console.error(`Broke: ${broken.join(', ')}.`)
process.exitCode = broken.length > 0 || missed.length > 0 ? 1 : 0
