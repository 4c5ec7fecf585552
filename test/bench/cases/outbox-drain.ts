import { rawDatabase } from '@aldis/models'
import { PgBoss, type ConstructorOptions, type Queue } from 'pg-boss'
import { z } from 'zod'

import { postgresFor } from '../bench-databases.ts'
import { judge, type Bench, type Case, type Pace } from '../case.ts'
import { allDone, countJobs, forgetJobs, sendOrders, startBenchOutbox, Stretch, type BenchOutbox } from '../outbox-host.ts'
import { takeTurns } from '../race.ts'

const QUEUE = 'bench_orders/receive'
/** Of no plugin: workers of the outbox leave it alone. */
const BARE_QUEUE = 'bare'
/** The outbox's default. */
const BATCH = 10

/** How fast committed events are delivered by one process, beside a bare worker of pg-boss on the same jobs. */
export const outboxDrain: Bench = {
  name: 'outbox drain',
  async run(pace) {
    const cases: Case[] = []
    {
      await using server = await postgresFor('outbox drain')
      if (server) cases.push(await onDatabase('PostgreSQL', { url: server.url }, pace))
    }
    cases.push(await onDatabase('PGlite', { folder: null }, pace))
    return cases
  },
}

async function onDatabase(
  title: string,
  database: Record<string, unknown>,
  { smoke }: Pace,
): Promise<Case> {
  const events = smoke ? 200 : 20_000
  await using outbox = await startBenchOutbox({ database })
  const boss = new PgBoss({ ...connection(), schema: 'aldis_jobs', migrate: false, schedule: false })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  try {
    await sendOrders(events)
    const jobs = await storedJobs()
    await makeBareQueue(boss)
    const runners = [
      { name: 'outbox', sample: () => drainOutbox(outbox, events) },
      { name: 'pg-boss', sample: () => drainBare(boss, jobs) },
    ]
    if (!smoke) await takeTurns(runners, 1)
    const result = await takeTurns(runners, smoke ? 1 : 3)
    return judge({
      name: `outbox drain, ${events.toLocaleString('en')} no-op events on ${title} / pg-boss`,
      value: result.median('outbox'),
      unit: 'jobs/s',
      baseline: result.median('pg-boss'),
      ratio: result.ratio('outbox', 'pg-boss'),
      bar: '>= 0.7',
    })
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

/** A queue with the settings of the receiver's. */
async function makeBareQueue(boss: PgBoss): Promise<void> {
  const own: Queue | null = await boss.getQueue(QUEUE)
  if (own === null) throw new Error(`There is no queue "${QUEUE}".`)
  const { retryLimit, retryDelay, retryBackoff, expireInSeconds, heartbeatSeconds, retentionSeconds, notify } = own
  await boss.createQueue(BARE_QUEUE, {
    retryLimit,
    retryDelay,
    retryBackoff,
    expireInSeconds,
    heartbeatSeconds,
    retentionSeconds,
    notify,
  })
}

/** Events per second. */
async function drainOutbox(outbox: BenchOutbox, events: number): Promise<number> {
  await forgetJobs()
  await sendOrders(events)
  await countJobs()
  const stretch = new Stretch(events)
  outbox.receiver = () => stretch.add(1)
  await using _serving = await outbox.serve()
  const seconds = await stretch.seconds
  await allDone(events)
  return events / seconds
}

/** Jobs per second. */
async function drainBare(boss: PgBoss, jobs: z.output<typeof Stored>): Promise<number> {
  await forgetJobs()
  for (let from = 0; from < jobs.length; from += 1000) {
    await boss.insert(BARE_QUEUE, jobs.slice(from, from + 1000))
  }
  await countJobs()
  const stretch = new Stretch(jobs.length)
  const options = { batchSize: BATCH, burstWhenBatchFull: true, pollingIntervalSeconds: 2 }
  await boss.work(BARE_QUEUE, options, async (batch) => stretch.add(batch.length))
  const seconds = await stretch.seconds
  await allDone(jobs.length)
  await boss.offWork(BARE_QUEUE)
  return jobs.length / seconds
}
