import { createHost, silentLogger } from '@aldis/core'
import Fastify from 'fastify'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { root } from '../../support/repository.ts'
import { judge, type Bench } from '../case.ts'
import { startLoadGenerator } from '../load.ts'
import { median, takeTurns, type Runner } from '../race.ts'

const PATH = '/api/3/action/status_show'

/** Enough clients to keep a server busy, each with one request at a time, as browsers have. */
const CONNECTIONS = 50

/** How many requests the portal answers, which sends two signals for each, beside the same route on bare Fastify. */
export const portal: Bench = {
  name: 'portal',
  async run({ smoke, rounds }) {
    await using served = await servePortal()
    await using bare = await serveBare(await payloadOf(served.port))
    using generator = startLoadGenerator()
    const ports = { portal: served.port, bare: bare.port }
    const cpuTimes = { portal: new Array<number>(), bare: new Array<number>() }
    const runner = (who: keyof typeof ports): Runner => ({
      name: who,
      sample: async () => {
        const load = { port: ports[who], path: PATH, connections: CONNECTIONS, durationMs: smoke ? 50 : 400 }
        const start = process.cpuUsage()
        const { answers, elapsedMs } = await generator.answersTo(load)
        const { user, system } = process.cpuUsage(start)
        cpuTimes[who].push((user + system) / answers)
        return (answers / elapsedMs) * 1000
      },
    })
    const runners = [runner('portal'), runner('bare')]
    await takeTurns(runners, smoke ? 1 : 5)
    const result = await takeTurns(runners, smoke ? 1 : Math.ceil(rounds / 4))
    return [
      judge({
        name: 'portal, status_show / the route on bare Fastify',
        value: result.median('portal'),
        unit: 'req/s',
        baseline: result.median('bare'),
        ratio: result.ratio('portal', 'bare'),
        bar: '>= 0.95',
      }),
      judge({
        name: 'portal, CPU time of a request / the route on bare Fastify',
        value: median(cpuTimes.portal),
        unit: 'µs',
        baseline: median(cpuTimes.bare),
        ratio: median(cpuTimes.portal.map((time, round) => time / (cpuTimes.bare[round] ?? Number.NaN))),
      }),
    ]
  },
}

interface Served extends AsyncDisposable {
  readonly port: number
}

/** The portal alone: nobody receives `request_started` and `request_finished`. */
async function servePortal(): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'aldis-bench-'))
  const host = await createHost({
    config: {
      plugins: ['models', 'portal'],
      pluginPaths: ['packages/*'],
      settings: { models: { folder: null }, portal: { port: 0, host: '127.0.0.1', folder } },
    },
    cwd: root,
    env: {},
    logger: silentLogger,
  })
  await host.load()
  const stop = new AbortController()
  const ready = Promise.withResolvers<readonly string[]>()
  const serving = host.serve(stop.signal, { onReady: ready.resolve })
  const [address] = await Promise.race([ready.promise, serving.then(() => [])])
  if (address === undefined) throw new Error('The portal told no address.')
  return {
    port: Number(new URL(address).port),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await serving
      await host.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The route as the portal has it (a parameter in its path, CKAN's content type), answered with the same bytes. */
async function serveBare(payload: unknown): Promise<Served> {
  const app = Fastify()
  app.get('/api/3/action/:name', (_request, reply) => {
    reply.header('content-type', 'application/json;charset=utf-8').send(JSON.stringify(payload))
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    port: Number(new URL(address).port),
    [Symbol.asyncDispose]: () => app.close(),
  }
}

async function payloadOf(port: number): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${PATH}`)
  if (!response.ok) throw new Error(`${PATH} answered ${response.status}.`)
  return response.json()
}
