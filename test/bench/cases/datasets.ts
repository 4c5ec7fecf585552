import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { z } from 'zod'

import { portalCaller, type PortalCaller } from '../../support/portal-caller.ts'
import type { BareDatasets, BareRoute, Statement } from '../bare-datasets.ts'
import { postgresFor } from '../bench-databases.ts'
import { SITE_URL, startHost } from '../bench-host.ts'
import { judge, type Bench, type Case, type Pace } from '../case.ts'
import { startLoadGenerator } from '../load.ts'
import { takeTurns } from '../race.ts'
import { makePortalProject, runPortal } from '../running-portal.ts'

const DATASETS = 10_000
const POOL_SIZE = 10

/** As many as the pool has connections: more would wait, for either server. */
const CONNECTIONS = 10

interface Question {
  readonly name: string
  readonly action: string
  readonly parameters: Readonly<Record<string, string>>
  readonly sort?: string
}

const DEFAULT_SORT = 'score desc, metadata_modified desc'

const questions: readonly Question[] = [
  { name: 'package_show', action: 'package_show', parameters: { id: 'dataset-5000' } },
  { name: 'package_search, q', action: 'package_search', parameters: { q: 'river' }, sort: DEFAULT_SORT },
  { name: 'package_search, a listing', action: 'package_search', parameters: {}, sort: DEFAULT_SORT },
]

/** How many datasets the portal shows and finds on PostgreSQL, beside the same statements through bare Fastify and pg. */
export const datasets: Bench = {
  name: 'datasets',
  async run(pace) {
    await using server = await postgresFor('datasets')
    return server === undefined ? [] : await onServer(server.url, pace)
  },
}

async function onServer(url: string, { smoke, rounds }: Pace): Promise<Case[]> {
  const database = { url, poolSize: POOL_SIZE }
  const routes = await statementsOf(database, smoke ? 100 : DATASETS)
  await using project = await makePortalProject({
    plugins: ['models', 'portal'],
    settings: { models: database, portal: { siteUrl: SITE_URL } },
  })
  await using portal = await runPortal(project.folder)
  await using bare = await serveBare({ databaseUrl: url, poolSize: POOL_SIZE, routes })
  using generator = startLoadGenerator()
  const ports = { portal: Number(new URL(portal.url).port), bare: bare.port }
  const cases: Case[] = []
  for (const [index, { name }] of questions.entries()) {
    const path = routes[index]?.path ?? ''
    await compare(path, ports)
    const runners = (['portal', 'bare'] as const).map((who) => ({
      name: who,
      sample: async () => {
        const load = { port: ports[who], path, connections: CONNECTIONS, durationMs: smoke ? 50 : 500 }
        const { answers, elapsedMs } = await generator.answersTo(load)
        return (answers / elapsedMs) * 1000
      },
    }))
    await takeTurns(runners, smoke ? 1 : 2)
    const result = await takeTurns(runners, smoke ? 1 : Math.ceil(rounds / 10))
    cases.push(
      judge({
        name: `datasets, ${name} / the statement on bare Fastify and pg`,
        value: result.median('portal'),
        unit: 'req/s',
        baseline: result.median('bare'),
        ratio: result.ratio('portal', 'bare'),
        bar: '>= 0.5',
      }),
    )
  }
  return cases
}

/** Fill the database; then ask in this process, and note what goes to the database. */
async function statementsOf(database: { readonly url: string }, count: number): Promise<BareRoute[]> {
  const caller = portalCaller()
  const plugins = [caller.definition]
  await using _host = await startHost({ enabled: ['models', 'portal'], database, plugins })
  await fill(database.url, count)
  const routes: BareRoute[] = []
  for (const { action, parameters, sort } of questions) {
    const query = new URLSearchParams(parameters).toString().replaceAll('5000', String(count / 2))
    routes.push({
      path: `/api/3/action/${action}${query === '' ? '' : '?'}${query}`,
      statements: await noted(caller, action, Object.fromEntries(new URLSearchParams(query))),
      help: `${SITE_URL}/api/3/action/help_show?name=${action}`,
      ...(sort !== undefined && { sort }),
    })
  }
  return routes
}

const Query = z.object({ text: z.string(), values: z.array(z.unknown()) })

/** The statements that the action makes for somebody who is nobody in particular. */
async function noted(
  caller: PortalCaller,
  action: string,
  parameters: Record<string, string>,
): Promise<Statement[]> {
  const statements: Statement[] = []
  const { query } = Client.prototype
  const note = function (this: Client, ...args: unknown[]): unknown {
    const [text, values = []] = args
    statements.push(Query.parse({ text, values }))
    return Reflect.apply(query, this, args)
  }
  Reflect.set(Client.prototype, 'query', note)
  try {
    await caller.call(action, parameters, {})
  } finally {
    Client.prototype.query = query
  }
  if (statements.length === 0) throw new Error(`${action} made no statement that could be noted.`)
  return statements
}

/** Datasets with a few words, three tags and two resources each, of ten organizations. */
async function fill(url: string, count: number): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`
      insert into organizations (id, name, title, created)
      select gen_random_uuid(), 'organization-' || n, 'Organization ' || n, now() from generate_series(1, 10) as n`)
    await client.query(
      `insert into datasets (id, name, title, notes, tags, organization_id, license_id, metadata_created, metadata_modified)
       select gen_random_uuid(), 'dataset-' || n, word(n) || ' of region ' || n,
         'Measured ' || word(n + 3) || ' and ' || word(n + 7) || ', every month since ' || 1900 + n % 120,
         array[word(n), word(n + 5), 'region-' || n % 40], o.id, 'cc-by', now() - n * interval '1 hour', now() - n * interval '1 minute'
       from generate_series(1, $1::integer) as n join organizations o on o.name = 'organization-' || 1 + n % 10,
       (select array['river', 'lake', 'forest', 'road', 'school', 'rain', 'noise', 'air', 'soil', 'tram',
         'harbour', 'budget', 'census', 'election', 'museum', 'park', 'bridge', 'tunnel', 'market', 'energy']) as words(list)`.replaceAll(
        /word\(([^)]*)\)/g,
        'words.list[1 + ($1) % 20]',
      ),
      [count],
    )
    await client.query(`
      insert into resources (id, dataset_id, position, url, name, format, mimetype, size, created, metadata_modified)
      select gen_random_uuid(), d.id, place, 'https://example.org/' || d.name || '/' || place || '.csv',
        'Part ' || place, 'CSV', 'text/csv', 1000 * place, now(), now()
      from datasets d, generate_series(0, 1) as place`)
    await client.query('analyze')
  } finally {
    await client.end()
  }
}

interface BareServer extends AsyncDisposable {
  readonly port: number
}

async function serveBare(told: BareDatasets): Promise<BareServer> {
  const child = fork(fileURLToPath(new URL('../bare-datasets.ts', import.meta.url)))
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  child.once('message', resolve)
  child.once('exit', () => reject(new Error('The bare server ended.')))
  child.send(told)
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  return {
    port: z.number().parse(await promise),
    async [Symbol.asyncDispose]() {
      child.kill()
      await exited
    },
  }
}

/** Both servers must send the same bytes. */
async function compare(
  path: string,
  ports: { readonly portal: number; readonly bare: number },
): Promise<void> {
  const ask = async (port: number): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return `${response.status} ${response.headers.get('content-type')} ${await response.text()}`
  }
  const [ours, theirs] = [await ask(ports.portal), await ask(ports.bare)]
  if (!ours.startsWith('200 ') || ours !== theirs) {
    throw new Error(
      `${path}: the portal sends ${ours.slice(0, 500)}, the bare server ${theirs.slice(0, 500)}`,
    )
  }
}
