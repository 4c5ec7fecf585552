import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

import { fieldOf } from '../../support/field-of.ts'
import { portalCaller, type PortalCaller } from '../../support/portal-caller.ts'
import { postgresFor } from '../bench-databases.ts'
import { startHost } from '../bench-host.ts'
import { judge, type Bench, type Case, type Pace } from '../case.ts'
import { takeTurns } from '../race.ts'

const BATCH = 10_000

const FIELDS = [
  { id: 'station', type: 'text' },
  { id: 'measured', type: 'timestamp' },
  { id: 'level', type: 'float8' },
  { id: 'samples', type: 'int4' },
  { id: 'remark', type: 'text' },
]

interface Measurement {
  readonly station: string
  readonly measured: string
  readonly level: number
  readonly samples: number
  readonly remark: string
}

/** How fast rows get into a resource's table through the action, beside `COPY` of the same rows into a table like it. */
export const datastore: Bench = {
  name: 'datastore',
  async run(pace) {
    await using server = await postgresFor('datastore')
    return server === undefined ? [] : await onServer(server.url, pace)
  },
}

async function onServer(url: string, { smoke }: Pace): Promise<Case[]> {
  const caller = portalCaller()
  await using _host = await startHost({
    enabled: ['models', 'portal', 'datastore'],
    database: { url },
    plugins: [caller.definition],
  })
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const rows = measurements(smoke ? BATCH : 100_000)
    const copied = rows.map((row) => `${Object.values(row).join('\t')}\n`)
    const id = await makeTable(caller)
    await client.query(`create table copied (like datastore."${id}" including all)`)
    const runners = [
      { name: 'action', sample: async () => insertRows(caller, client, id, rows) },
      { name: 'copy', sample: async () => copyRows(client, copied) },
    ]
    await takeTurns(runners, 1)
    const result = await takeTurns(runners, smoke ? 1 : 10)
    return [
      judge({
        name: `datastore, ${rows.length.toLocaleString('en')} rows by datastore_upsert / COPY`,
        value: result.median('action'),
        unit: 'rows/s',
        baseline: result.median('copy'),
        ratio: result.ratio('action', 'copy'),
        bar: '>= 0.3',
      }),
    ]
  } finally {
    await client.end()
  }
}

async function makeTable(caller: PortalCaller): Promise<string> {
  await caller.call('package_create', { name: 'measurements' })
  const made = await caller.call('datastore_create', {
    resource: { package_id: 'measurements', name: 'All' },
    fields: FIELDS,
  })
  return String(fieldOf(made, 'resource_id'))
}

/** Rows per second through the action, in batches as a client sends them. */
async function insertRows(
  caller: PortalCaller,
  client: Client,
  id: string,
  rows: readonly Measurement[],
): Promise<number> {
  await client.query(`truncate datastore."${id}"`)
  const start = performance.now()
  for (let from = 0; from < rows.length; from += BATCH) {
    const records = rows.slice(from, from + BATCH)
    await caller.call('datastore_upsert', { resource_id: id, method: 'insert', records })
  }
  const elapsed = performance.now() - start
  await check(client, `datastore."${id}"`, rows.length)
  return (rows.length / elapsed) * 1000
}

/** Rows per second of COPY, which is given finished lines. */
async function copyRows(client: Client, lines: readonly string[]): Promise<number> {
  await client.query('truncate copied')
  const chunks: string[] = []
  for (let from = 0; from < lines.length; from += 1000) chunks.push(lines.slice(from, from + 1000).join(''))
  const columns = FIELDS.map((field) => field.id).join(', ')
  const start = performance.now()
  await pipeline(Readable.from(chunks), client.query(copyFrom(`copy copied (${columns}) from stdin`)))
  const elapsed = performance.now() - start
  await check(client, 'copied', lines.length)
  return (lines.length / elapsed) * 1000
}

async function check(client: Client, table: string, count: number): Promise<void> {
  const { rows } = await client.query<{ count: string }>(`select count(*) as count from ${table}`)
  if (Number(rows[0]?.count) !== count)
    throw new Error(`${table} has ${rows[0]?.count} rows instead of ${count}.`)
}

function measurements(count: number): Measurement[] {
  return Array.from({ length: count }, (_, index) => ({
    station: `station ${index % 97}`,
    measured: new Date(Date.UTC(2020, 0, 1) + index * 60_000).toISOString().slice(0, 19),
    level: Math.round(Math.sin(index) * 1e6) / 1e3,
    samples: index % 1000,
    remark: index % 3 === 0 ? '' : `checked by hand, number ${index}`,
  }))
}
