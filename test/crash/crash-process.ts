/**
 * A host that sends and delivers until it dies, for tests of what a crash leaves. Called with a {@link CrashPlan} as JSON.
 *
 * Prints `started` when its modules are loaded, and with the work `drain` a line of JSON at its end.
 */
import { setTimeout as pause } from 'node:timers/promises'

import { em } from '@aldis/models'
import { z } from 'zod'

import { startOutbox, type OutboxHost } from '../support/outbox-host.ts'
import { runCommand } from '../support/run-command.ts'
import { CrashPlan, type Drained } from './crash-plan.ts'
import { CrashPlugin } from './crash-plugin.ts'
import { sendMixed, sendOne } from './crash-work.ts'
import { KillSwitch } from './kill-switch.ts'

/** How often a child that drains looks whether it is done. */
const LOOK_MS = 100
/** Twice as long as a lease may hold: after so long without progress nothing more comes. */
const STANDSTILL_MS = 60_000
/** How many calls return before a child stops while others run. */
const CALLS_BEFORE_STOP = 3

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}

const plan = CrashPlan.parse(JSON.parse(process.argv[2] ?? ''))
const { database, batchSize, work } = plan
const killSwitch = new KillSwitch(plan.kill)
const plugin = new CrashPlugin(plan, killSwitch)
tell('started')
// It does not outlive its parent.
process.stdin.resume().once('end', () => process.exit(1))

// All that it does is to happen to a database that is being made.
if (work === 'upgrade') killSwitch.arm()
const running = await startOutbox({
  database,
  plugins: [{ name: 'crash', plugin }],
  settings: { batchSize, ...(plan.stops && { drainTimeoutMs: 20 }) },
})
const serving = plan.serves && work !== 'upgrade' ? await running.serve() : undefined
const servesSince = Date.now()
killSwitch.arm()
const stopped = new AbortController()
const sending =
  work === 'mixed' ? sendMixed(plan, plugin, stopped.signal) : work === 'one' ? sendOne(plan) : undefined

if (plan.stops) {
  while (plugin.returned < CALLS_BEFORE_STOP) await pause(1)
  plugin.hangs = true
  while (plugin.hanging === 0) await pause(1)
  stopped.abort()
  await sending
} else if (work === 'upgrade') {
  await runCommand(running.host, 'db upgrade')
} else if (work === 'drain') {
  tell(JSON.stringify(await drained(running)))
} else {
  await sending
  // Until somebody kills it.
  await new Promise(() => undefined)
}
await serving?.[Symbol.asyncDispose]()
await running[Symbol.asyncDispose]()
process.exit(0)

/** What there is when nothing waits and nothing runs any more, or when nothing has changed for too long. */
async function drained({ outbox }: OutboxHost): Promise<Drained> {
  let { waiting, running, parked } = await outbox.stats()
  let deadline = Date.now() + STANDSTILL_MS
  while (waiting + running > 0 && Date.now() < deadline) {
    await pause(LOOK_MS)
    const before = waiting + running
    ;({ waiting, running, parked } = await outbox.stats())
    if (waiting + running !== before) deadline = Date.now() + STANDSTILL_MS
  }
  const committed = await rows(z.object({ id: z.string() }), 'select id from crash_event')
  const delivered = await rows(
    z.object({ id: z.string() }),
    `select id::text from aldis_jobs.job where state = 'completed' and name like 'crash/record%'`,
  )
  return {
    servesSince,
    committed: committed.map(({ id }) => id),
    waiting,
    running,
    parked,
    delivered: delivered.length,
  }
}

async function rows<T extends z.ZodType>(row: T, sql: string): Promise<z.output<T>[]> {
  return z.array(row).parse(await em().execute(sql))
}
