import { SubscriptionMap, type PluginDefinition } from '@aldis/core'
import { rawDatabase, transaction } from '@aldis/models'
import { Outbox, type OutboxStats } from '@aldis/outbox'
import { namespace, type Signal } from '@aldis/signals'
import { z } from 'zod'

import { serveHost } from '../support/serve-host.ts'
import { startHost } from './bench-host.ts'

/** What the benches of the outbox send: as much as an event of a portal says. */
export interface Placed {
  readonly number: number
  readonly title: string
  readonly tags: string[]
}

export const placed: Signal<'web', Placed> = namespace('bench_outbox').declare('placed', {
  senders: ['web'],
  payload: z.object({ number: z.int(), title: z.string(), tags: z.array(z.string()) }),
})

/** The `number`th event. */
export function orderOf(number: number): Placed {
  return { number, title: `order ${number} of the bench`, tags: ['bench', 'outbox'] }
}

/** A host with an outbox and one durable receiver. */
export interface BenchOutbox extends AsyncDisposable {
  stats(): Promise<OutboxStats>
  /** Who is called for each event from now on. */
  receiver: (event: Placed) => unknown
  /** Deliver until the result is disposed. */
  serve(): Promise<AsyncDisposable>
}

/** The options of {@link startBenchOutbox}. */
export interface BenchOutboxOptions {
  /** The settings of `models`: the database. */
  readonly database: Record<string, unknown>
  /** Beside that with the receiver. */
  readonly plugins?: readonly PluginDefinition[]
}

export async function startBenchOutbox({ database, plugins = [] }: BenchOutboxOptions): Promise<BenchOutbox> {
  class Receiving {
    getSignalSubscriptions(): SubscriptionMap {
      const call = (_sender: 'web', event: Placed): unknown => outbox.receiver(event)
      return new SubscriptionMap().on(placed, call, { id: 'receive', delivery: 'durable' })
    }
  }
  const started = await startHost({
    enabled: ['models', 'outbox'],
    database,
    plugins: [...plugins, { name: 'bench_orders', plugin: Receiving }],
  })
  const { host } = started
  const outbox: BenchOutbox = {
    receiver: () => undefined,
    stats: () => host.resolve(Outbox).stats(),
    serve: () => serveHost(host),
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  }
  return outbox
}

/** Commit `count` events, as many to a transaction as an import has. */
export async function sendOrders(count: number): Promise<void> {
  for (let from = 0; from < count; from += 1000) {
    await transaction(() => {
      for (let number = from; number < Math.min(count, from + 1000); number++)
        placed.send('web', orderOf(number))
    })
  }
}

/** Forget every job, and what they took of the table. */
export async function forgetJobs(): Promise<void> {
  await rawDatabase().execute('truncate aldis_jobs.job')
}

const Count = z.tuple([z.object({ count: z.number() })])

/** Wait until `count` jobs are recorded as done. */
export async function allDone(count: number): Promise<void> {
  for (;;) {
    const { rows } = await rawDatabase().execute(
      `select count(*)::int as count from aldis_jobs.job where state = $1`,
      ['completed'],
    )
    const done = Count.parse(rows)[0].count
    if (done === count) return
    if (done > count) throw new Error(`${done} jobs are done instead of ${count}.`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Measures from the first call of a receiver to the last. */
export class Stretch {
  readonly #count: number
  readonly #ended = Promise.withResolvers<number>()
  #start = 0
  #calls = 0

  /** `count`: how many calls there will be. */
  constructor(count: number) {
    this.#count = count
  }

  /** The receiver has been called `calls` times more. */
  add(calls: number): void {
    if (this.#calls === 0) this.#start = performance.now()
    this.#calls += calls
    if (this.#calls >= this.#count) this.#ended.resolve((performance.now() - this.#start) / 1000)
  }

  /** How many seconds it took. */
  get seconds(): Promise<number> {
    return this.#ended.promise
  }
}
