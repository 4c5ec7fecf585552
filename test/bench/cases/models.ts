import { defineEntity, em, EntityManager, p, type InstanceOf, type PluginModels } from '@aldis/models'

import { postgresFor } from '../bench-databases.ts'
import { startHost } from '../bench-host.ts'
import { judge, type Bar, type Bench, type Case, type Pace } from '../case.ts'
import { takeTurns } from '../race.ts'

const ROWS = 1000

const Row = defineEntity({
  name: 'BenchRow',
  tableName: 'bench_rows',
  properties: {
    id: p.integer().primary(),
    name: p.string(),
    notes: p.text().nullable(),
    amount: p.integer(),
    seen: p.datetime(),
  },
})
type Row = InstanceOf<typeof Row>

const table = `create table bench_rows (
  id integer primary key, name text not null, notes text, amount integer not null, seen timestamptz not null)`

class RowsPlugin {
  getModels(): PluginModels {
    return { entities: [Row], migrations: [{ name: '0001_rows', up: [table] }] }
  }
}

/** What model signals cost that nobody hears: flushes through Aldis beside flushes of MikroORM's own entity manager. */
export const models: Bench = {
  name: 'models',
  async run(pace) {
    const cases: Case[] = []
    {
      await using server = await postgresFor('models')
      if (server) cases.push(...(await onDatabase('PostgreSQL', { url: server.url }, pace, '<= 1.05')))
    }
    cases.push(...(await onDatabase('PGlite', { folder: null }, pace)))
    return cases
  },
}

async function onDatabase(
  title: string,
  database: Record<string, unknown>,
  { smoke, rounds }: Pace,
  bar?: Bar,
): Promise<Case[]> {
  const rows = { name: 'bench_rows', plugin: RowsPlugin }
  await using _host = await startHost({ enabled: ['models'], database, plugins: [rows] })
  const managers = { aldis: em, plain: plainEntityManagers() }
  const cases: Case[] = []
  for (const [what, flush] of [
    ['new', flushNew],
    ['changed', flushChanged],
  ] as const) {
    const runners = (['aldis', 'plain'] as const).map((name) => ({
      name,
      sample: () => flush(managers[name]),
    }))
    await takeTurns(runners, smoke ? 1 : 10)
    // Few per cent are at stake: what has a bar takes more rounds.
    const result = await takeTurns(runners, smoke ? 1 : Math.ceil(rounds / (bar === undefined ? 4 : 1)))
    cases.push(
      judge({
        name: `models, flush of ${ROWS} ${what} rows on ${title} / plain MikroORM`,
        value: result.median('aldis'),
        unit: 'ms',
        baseline: result.median('plain'),
        ratio: result.ratio('aldis', 'plain'),
        ...(bar !== undefined && { bar }),
      }),
    )
  }
  return cases
}

/** How long it takes to write and commit rows that are new. */
async function flushNew(manager: () => EntityManager): Promise<number> {
  await manager().nativeDelete(Row, {})
  let start = 0
  await manager().transactional(async (inside) => {
    for (let id = 1; id <= ROWS; id++) {
      inside.create(Row, { id, name: `row ${id}`, notes: null, amount: id * 7, seen: new Date(id * 1000) })
    }
    // Whose garbage is collected meanwhile would be chance.
    globalThis.gc?.()
    start = performance.now()
    await inside.flush()
  })
  return check(manager, performance.now() - start, 7 * ROWS)
}

/** How long it takes to write and commit rows of which two values have changed. */
async function flushChanged(manager: () => EntityManager): Promise<number> {
  let start = 0
  let last = 0
  await manager().transactional(async (inside) => {
    for (const row of await inside.find(Row, {}, { orderBy: { id: 'asc' } })) {
      row.amount += 1
      row.notes = `note ${row.amount}`
      last = row.amount
    }
    // Whose garbage is collected meanwhile would be chance.
    globalThis.gc?.()
    start = performance.now()
    await inside.flush()
  })
  return check(manager, performance.now() - start, last)
}

/** `elapsed`, if the last row was written. */
async function check(manager: () => EntityManager, elapsed: number, amount: number): Promise<number> {
  const last: Row | null = await manager().findOne(Row, { id: ROWS })
  if (last?.amount !== amount) throw new Error(`The last row has ${last?.amount} instead of ${amount}.`)
  return elapsed
}

/** Entity managers of the class that Aldis' own extends, on the same database and without anything of Aldis. */
function plainEntityManagers(): () => EntityManager {
  const { config } = em()
  const [driver, metadata] = [em().getDriver(), em().getMetadata()]
  const Plain: unknown = Object.getPrototypeOf(EntityManager)
  return () => {
    const plain: unknown =
      typeof Plain === 'function' ? Reflect.construct(Plain, [config, driver, metadata, false]) : undefined
    if (!isEntityManager(plain)) throw new Error('The entity manager extends none.')
    return plain
  }
}

/** What is used of it here, MikroORM's own has too. */
function isEntityManager(value: unknown): value is EntityManager {
  return (
    typeof value === 'object' &&
    value !== null &&
    'transactional' in value &&
    !(value instanceof EntityManager)
  )
}
