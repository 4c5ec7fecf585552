import { rawDatabase } from '@aldis/models'
import { PgBoss, type ConstructorOptions } from 'pg-boss'
import { z } from 'zod'

import { onBothDatabases } from '../bench-databases.ts'
import { judge, type Bench, type Case, type Pace } from '../case.ts'
import {
  allDone,
  forgetJobs,
  sendOrders,
  startBenchOutbox,
  Stretch,
  type BenchOutbox,
} from '../outbox-host.ts'
import { takeTurns } from '../race.ts'

const QUEUE = 'bench_orders/receive'
/** Of no plugin: workers of the outbox leave it alone. */
const BARE_QUEUE = 'bare'
/** The outbox's default. */
const BATCH = 10

const FORGET_STATISTICS = `delete from pg_statistic where starelid = 'aldis_jobs.job_common'::regclass`

/** How fast committed events are delivered by one process, beside a bare worker of pg-boss on the same jobs. */
export const outboxDrain: Bench = {
  name: 'outbox drain',
  run: (pace) => onBothDatabases('outbox drain', (title, database) => onDatabase(title, database, pace)),
}

async function onDatabase(
  title: string,
  database: Record<string, unknown>,
  { smoke }: Pace,
): Promise<Case[]> {
  await using outbox = await startBenchOutbox({ database })
  // Whether a server counts on its own before a sample, in it or after it would be chance.
  await rawDatabase().execute('alter table aldis_jobs.job_common set (autovacuum_enabled = false)')
  const boss = new PgBoss({ ...connection(), schema: 'aldis_jobs', migrate: false, schedule: false })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  try {
    await makeBareQueue(boss)
    const cases: Case[] = []
    for (const counted of [false, true]) {
      const events = smoke ? 200 : counted ? 20_000 : 5_000
      await sendOrders(events)
      const jobs = await storedJobs()
      const fill = async (put: () => Promise<void>): Promise<void> => {
        await forgetJobs()
        await put()
        await rawDatabase().execute(counted ? 'analyze aldis_jobs.job_common' : FORGET_STATISTICS)
      }
      const runners = [
        { name: 'outbox', sample: () => drainOutbox(outbox, events, fill) },
        { name: 'pg-boss', sample: () => drainBare(boss, jobs, fill) },
      ]
      if (!smoke) await takeTurns(runners, 1)
      const result = await takeTurns(runners, smoke ? 1 : 3)
      const what = `${events.toLocaleString('en')} no-op events on ${title}`
      cases.push(
        judge({
          name: `outbox drain, ${what}${counted ? '' : ', not analyzed yet'} / pg-boss`,
          value: result.median('outbox'),
          unit: 'jobs/s',
          baseline: result.median('pg-boss'),
          ratio: result.ratio('outbox', 'pg-boss'),
          bar: '>= 0.7',
        }),
      )
    }
    return cases
  } finally {
    await boss.stop({ graceful: false })
  }
}

/** Connected as a worker of the outbox is. */
function connection(): ConstructorOptions {
  const database = rawDatabase()
  if (database.url !== undefined) return { connectionString: database.url, max: 4 }
  return { db: { executeSql: (text, values) => database.execute(text, values) }, backend: 'pglite' }
}

const Stored = z.array(z.object({ data: z.record(z.string(), z.unknown()) }))

/** What the jobs hold that wait now. */
async function storedJobs(): Promise<z.output<typeof Stored>> {
  const { rows } = await rawDatabase().execute('select data from aldis_jobs.job where name = $1', [QUEUE])
  return Stored.parse(rows)
}

const QueueSettings = z.object({
  retryLimit: z.number(),
  retryDelay: z.number(),
  retryBackoff: z.boolean(),
  expireInSeconds: z.number(),
  heartbeatSeconds: z.number(),
  retentionSeconds: z.number(),
  deleteAfterSeconds: z.number(),
  notify: z.boolean(),
})

/** A queue with the settings of the receiver's. */
async function makeBareQueue(boss: PgBoss): Promise<void> {
  await boss.createQueue(BARE_QUEUE, QueueSettings.parse(await boss.getQueue(QUEUE)))
}

/** Forget all jobs, and call what puts new ones there. */
type Fill = (put: () => Promise<void>) => Promise<void>

/** Events per second. */
async function drainOutbox(outbox: BenchOutbox, events: number, fill: Fill): Promise<number> {
  await fill(() => sendOrders(events))
  const stretch = new Stretch(events)
  outbox.receiver = () => stretch.add(1)
  await using _serving = await outbox.serve()
  const seconds = await stretch.seconds
  await allDone(events)
  return events / seconds
}

/** Jobs per second. */
async function drainBare(boss: PgBoss, jobs: z.output<typeof Stored>, fill: Fill): Promise<number> {
  await fill(async () => {
    for (let from = 0; from < jobs.length; from += 1000) {
      await boss.insert(BARE_QUEUE, jobs.slice(from, from + 1000))
    }
  })
  const stretch = new Stretch(jobs.length)
  const options = { batchSize: BATCH, burstWhenBatchFull: true, pollingIntervalSeconds: 2 }
  await boss.work(BARE_QUEUE, options, async (batch) => stretch.add(batch.length))
  const seconds = await stretch.seconds
  await allDone(jobs.length)
  await boss.offWork(BARE_QUEUE)
  return jobs.length / seconds
}
