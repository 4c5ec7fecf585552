import { randomUUID } from 'node:crypto'

import { defineEntity, em, p, rawDatabase, transaction, type PluginModels } from '@aldis/models'
import { fromKysely, PgBoss } from 'pg-boss'

import { onBothDatabases } from '../bench-databases.ts'
import { judge, type Bench, type Case, type Pace } from '../case.ts'
import { forgetJobs, orderOf, placed, startBenchOutbox } from '../outbox-host.ts'
import { takeTurns } from '../race.ts'

const ROWS = 100
const QUEUE = 'bench_orders/receive'

const Order = defineEntity({
  name: 'BenchOrder',
  tableName: 'bench_orders',
  properties: {
    id: p.integer().primary(),
    title: p.string(),
    notes: p.text().nullable(),
    amount: p.integer(),
  },
})

const table =
  'create table bench_orders (id integer primary key, title text not null, notes text, amount integer not null)'

class OrdersPlugin {
  getModels(): PluginModels {
    return { entities: [Order], migrations: [{ name: '0001_orders', up: [table] }] }
  }
}

/** What durable events cost the transaction that sends them, beside one that hands the same jobs to pg-boss. */
export const outboxEnqueue: Bench = {
  name: 'outbox enqueue',
  run: (pace) =>
    onBothDatabases('outbox enqueue', async (title, database) => [await onDatabase(title, database, pace)]),
}

async function onDatabase(
  title: string,
  database: Record<string, unknown>,
  { smoke, rounds }: Pace,
): Promise<Case> {
  const orders = { name: 'bench_order_rows', plugin: OrdersPlugin }
  await using _outbox = await startBenchOutbox({ database, plugins: [orders] })
  const raw = rawDatabase()
  const boss = new PgBoss({
    db: { executeSql: (text, values) => raw.execute(text, values) },
    schema: 'aldis_jobs',
    migrate: false,
    supervise: false,
    schedule: false,
  })
  // It asks for the queue once, on a connection of its own.
  await boss.insert(QUEUE, [{}])
  const runners = [
    { name: 'send', sample: () => flush(sendEvents) },
    { name: 'insert', sample: () => flush(() => insertJobs(boss)) },
  ]
  await takeTurns(runners, smoke ? 1 : 20)
  const result = await takeTurns(runners, smoke ? 1 : rounds)
  return judge({
    name: `outbox enqueue, ${ROWS} events in a flush of ${ROWS} rows on ${title} / boss.insert`,
    value: result.median('send'),
    unit: 'ms',
    baseline: result.median('insert'),
    ratio: result.ratio('send', 'insert'),
    bar: '<= 1.15',
  })
}

/**
 * How long a transaction takes, its commit included, that writes rows and does `more`. Nothing is collected before: that
 * empties the processor's caches, doubles both times, and is worse for the one that comes to more code.
 */
async function flush(more: () => void | Promise<void>): Promise<number> {
  await forgetJobs()
  await em().nativeDelete(Order, {})
  const start = performance.now()
  await transaction(async () => {
    for (let id = 1; id <= ROWS; id++) {
      em().create(Order, { id, title: `order ${id} of the bench`, notes: null, amount: id * 7 })
    }
    await em().flush()
    await more()
  })
  const elapsed = performance.now() - start
  const { rows } = await rawDatabase().execute('select id from aldis_jobs.job where name = $1', [QUEUE])
  if (rows.length !== ROWS) throw new Error(`There are ${rows.length} jobs instead of ${ROWS}.`)
  return elapsed
}

function sendEvents(): void {
  for (let number = 1; number <= ROWS; number++) placed.send('web', orderOf(number))
}

/** The same jobs, made by hand. */
async function insertJobs(boss: PgBoss): Promise<void> {
  const jobs = Array.from({ length: ROWS }, (_, index) => ({
    data: {
      eventId: randomUUID(),
      signal: String(placed),
      sender: 'web',
      payload: JSON.stringify(orderOf(index + 1)),
      version: 1,
      sentAt: new Date().toISOString(),
      plugin: 'bench_orders',
      subscription: 'receive',
    },
  }))
  await boss.insert(QUEUE, jobs, { db: fromKysely(em().getKysely()) })
}
