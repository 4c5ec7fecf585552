/**
 * A host that sends and delivers until it dies, for tests of what a crash leaves. Called with a {@link CrashPlan} as JSON.
 *
 * Prints `started` when its modules are loaded, `serving` when it delivers, and with the work `drain` a line of JSON
 * at its end.
 */
import { setTimeout as pause } from 'node:timers/promises'

import { em } from '@aldis/models'
import { z } from 'zod'

import { startOutbox, type OutboxHost } from '../support/outbox-host.ts'
import { CrashPlan, type Drained } from './crash-plan.ts'
import { CrashPlugin } from './crash-plugin.ts'
import { sendMixed, sendOne } from './crash-work.ts'
import { KillSwitch } from './kill-switch.ts'

/** How often a child that drains looks whether it is done. */
const LOOK_MS = 100
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

const running = await startOutbox({
  database,
  plugins: [{ name: 'crash', plugin }],
  settings: { batchSize, ...(plan.stops && { drainTimeoutMs: 20 }) },
})
const serving = plan.serves ? await running.serve() : undefined
tell('serving')
killSwitch.arm()
const stopped = new AbortController()
const sending =
  work === 'mixed' ? sendMixed(plan, plugin, stopped.signal) : work === 'one' ? sendOne(plan) : undefined

if (plan.stops) {
  while (plugin.returned < CALLS_BEFORE_STOP) await pause(1)
  plugin.hangs = true
  await pause(LOOK_MS)
  stopped.abort()
  await sending
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

/** What there is when nothing waits and nothing runs any more. */
async function drained({ outbox }: OutboxHost): Promise<Drained> {
  for (;;) {
    const { waiting, running, parked } = await outbox.stats()
    if (waiting + running === 0) {
      const Rows = z.array(z.object({ id: z.string() }))
      const committed = Rows.parse(await em().execute('select id from crash_event')).map(({ id }) => id)
      const Counts = z.tuple([z.object({ delivered: z.number() })])
      const [{ delivered }] = Counts.parse(
        await em().execute(
          `select count(*)::int as delivered from aldis_jobs.job where state = 'completed' and name = 'crash/record'`,
        ),
      )
      return { committed, waiting, running, parked, delivered }
    }
    await pause(LOOK_MS)
  }
}
