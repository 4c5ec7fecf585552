import { rawDatabase, transaction } from '@aldis/models'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

import { postgresFor } from '../bench-databases.ts'
import { judge, type Bench, type Case, type Pace } from '../case.ts'
import { allDone, forgetJobs, sendOrders, startBenchOutbox } from '../outbox-host.ts'
import { takeTurns } from '../race.ts'

const worker = fileURLToPath(new URL('../outbox-worker-process.ts', import.meta.url))

/** What a second worker process adds, where receivers wait for something else than the processor. */
export const outboxWorkers: Bench = {
  name: 'outbox workers',
  async run(pace) {
    await using server = await postgresFor('outbox workers')
    return server === undefined ? [] : [await onServer(server.url, pace)]
  },
}

async function onServer(url: string, { smoke }: Pace): Promise<Case> {
  const events = smoke ? 200 : 5000
  await using _outbox = await startBenchOutbox({ database: { url } })
  const runners = [1, 2].map((count) => ({
    name: String(count),
    sample: () => drain(url, count, events),
  }))
  const result = await takeTurns(runners, smoke ? 1 : 5)
  return judge({
    name: `outbox workers, ${events.toLocaleString('en')} events by 2 processes on PostgreSQL / by 1`,
    value: result.median('2'),
    unit: 'jobs/s',
    baseline: result.median('1'),
    ratio: result.ratio('2', '1'),
    bar: '>= 1.5',
  })
}

/** Events per second that `count` processes deliver, all of which see all events at once. */
async function drain(url: string, count: number, events: number): Promise<number> {
  await forgetJobs()
  await using _workers = await startWorkers(url, count)
  await transaction(() => sendOrders(events))
  await allDone(events)
  return events / (await secondsBetween())
}

async function startWorkers(url: string, count: number): Promise<AsyncDisposable> {
  const children = Array.from({ length: count }, () => fork(worker, [url]))
  await Promise.all(children.map((child) => once(child, 'message')))
  return {
    async [Symbol.asyncDispose]() {
      const ended = Promise.all(children.map((child) => once(child, 'exit')))
      for (const child of children) child.disconnect()
      await ended
    },
  }
}

const Seconds = z.tuple([z.object({ seconds: z.number() })])

/** From the first job that was taken to the last that was recorded. */
async function secondsBetween(): Promise<number> {
  const { rows } = await rawDatabase().execute(
    `select extract(epoch from max(completed_on) - min(started_on))::float8 as seconds from aldis_jobs.job where $1`,
    [true],
  )
  return Seconds.parse(rows)[0].seconds
}
