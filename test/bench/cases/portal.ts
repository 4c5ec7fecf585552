import { createHost, silentLogger } from '@aldis/core'
import Fastify from 'fastify'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

import { root } from '../../support/repository.ts'
import { judge, type Bench, type Case } from '../case.ts'
import type { Load } from '../load-generator.ts'
import { takeTurns, type Runner } from '../race.ts'

const PATH = '/api/3/action/status_show'

/** How busy the server is kept: one request at a time on each connection, and several. */
const loads = { 'one request a connection': [50, 1], pipelined: [20, 5] } as const

const LoadResult = z.object({ answers: z.number().positive(), elapsedMs: z.number().positive() })

/** Requests per second of the portal, which sends two signals with each, beside the same route on bare Fastify. */
export const portal: Bench = {
  name: 'portal',
  async run({ smoke, rounds }) {
    await using served = await servePortal()
    await using bare = await serveBare(await payloadOf(served.port))
    const generator = fork(fileURLToPath(new URL('../load-generator.ts', import.meta.url)))
    try {
      const durationMs = smoke ? 50 : 400
      const cases: Case[] = []
      for (const [name, [connections, pipelining]] of Object.entries(loads)) {
        const runner = (who: string, port: number): Runner => ({
          name: who,
          sample: () => throughput(generator, { port, path: PATH, connections, pipelining, durationMs }),
        })
        const runners = [runner('portal', served.port), runner('bare', bare.port)]
        await takeTurns(runners, smoke ? 1 : 5)
        const result = await takeTurns(runners, smoke ? 1 : Math.ceil(rounds / 4))
        cases.push(
          judge({
            name: `portal, status_show, ${name} / bare Fastify`,
            value: result.median('portal'),
            unit: 'req/s',
            baseline: result.median('bare'),
            ratio: result.ratio('portal', 'bare'),
            bar: '>= 0.95',
          }),
        )
      }
      return cases
    } finally {
      generator.disconnect()
    }
  },
}

interface Served extends AsyncDisposable {
  readonly port: number
}

/** The portal alone: nobody receives `request_started` and `request_finished`. */
async function servePortal(): Promise<Served> {
  const host = await createHost({
    config: {
      plugins: ['portal'],
      pluginPaths: ['packages/*'],
      settings: { portal: { port: 0, host: '127.0.0.1' } },
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
    },
  }
}

async function serveBare(payload: unknown): Promise<Served> {
  const app = Fastify()
  app.get(PATH, () => payload)
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

/** Requests per second, asked for by another process. */
async function throughput(generator: ChildProcess, load: Load): Promise<number> {
  const answered = once(generator, 'message')
  const ended = once(generator, 'exit').then(() => {
    throw new Error('The load generator ended.')
  })
  generator.send(load)
  const { answers, elapsedMs } = LoadResult.parse((await Promise.race([answered, ended]))[0])
  return (answers / elapsedMs) * 1000
}
