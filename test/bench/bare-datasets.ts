/**
 * The baseline of the bench `datasets`, in a process of its own: Fastify and pg, which run the statements that the
 * portal runs and send the bytes that the portal sends.
 */
import Fastify from 'fastify'
import { Pool } from 'pg'

/** One statement with its values. */
export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** An answer of the portal and how it comes about. */
export interface BareRoute {
  /** With the query string. */
  readonly path: string
  readonly statements: readonly Statement[]
  readonly help: string
  /** The parameter `sort` as the portal answers it; undefined for `package_show`. */
  readonly sort?: string
}

/** What this process is told. It answers with the port that it listens at. */
export interface BareDatasets {
  readonly databaseUrl: string
  readonly poolSize: number
  readonly routes: readonly BareRoute[]
}

process.once('message', (told: BareDatasets) => {
  void listen(told).then((port) => process.send?.(port))
})

async function listen({ databaseUrl, poolSize, routes }: BareDatasets): Promise<number> {
  const pool = new Pool({ connectionString: databaseUrl, max: poolSize })
  const known = new Map(routes.map((route) => [route.path, route]))
  const app = Fastify()
  app.get('/api/3/action/:name', async (request, reply) => {
    const route = known.get(request.url)
    if (route === undefined) return reply.code(404).send()
    let row: Record<string, unknown> = {}
    for (const { text, values } of route.statements) {
      const { rows } = await pool.query<Record<string, unknown>>(text, [...values])
      row = rows[0] ?? {}
    }
    const body = JSON.stringify({ help: route.help, success: true, result: resultOf(row, route) })
    return reply.header('content-type', 'application/json;charset=utf-8').send(body)
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return Number(new URL(address).port)
}

function resultOf(row: Readonly<Record<string, unknown>>, { sort }: BareRoute): unknown {
  if (sort === undefined) return row['dataset']
  return { count: row['count'], sort, facets: {}, search_facets: {}, results: row['results'] }
}
