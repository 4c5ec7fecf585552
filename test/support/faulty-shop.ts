/** A shop with two durable receivers on a PostgreSQL server of its own, through a proxy that can break. */
import { SubscriptionMap } from '@aldis/core'
import { em, transaction, type PluginModels } from '@aldis/models'
import { namespace, type Meta, type Signal } from '@aldis/signals'
import { Pool } from 'pg'
import { expect } from 'vitest'
import { z } from 'zod'

import { expectAtOnce } from './at-once.ts'
import { startFaultProxy, type FaultProxy } from './fault-proxy.ts'
import { startOutbox, type OutboxHost } from './outbox-host.ts'
import { startPostgres, type PostgresServer } from './postgres-server.ts'

interface Order {
  readonly label: string
  /** How often the shop had been cleared before. */
  readonly era: number
}

const placed: Signal<string, Order> = namespace('faulty_shop').declare('placed', {
  payload: z.object({ label: z.string(), era: z.number() }),
})

/** One call of a receiver. */
interface Heard {
  readonly receiver: 'ship' | 'bill'
  readonly label: string
  /** The id of the event. */
  readonly event: string | undefined
}

export interface FaultyShop extends AsyncDisposable {
  readonly server: PostgresServer
  readonly proxy: FaultProxy
  /** One connection without faults. */
  readonly direct: Pool
  readonly running: OutboxHost
  readonly heard: readonly Heard[]
  /** What the receiver `ship` does before it has heard; nothing unless it is set. */
  onShip: (label: string, meta: Meta | undefined) => unknown
  /** Write an order and tell of it, in one transaction. */
  place(label: string, inside?: () => Promise<unknown>): Promise<void>
  /** What was committed, as the database has it. */
  orders(): Promise<string[]>
  /** Both receivers hear of every order within `timeout` milliseconds, and of nothing else. */
  expectDelivered(timeout: number): Promise<void>
  /** Both receivers hear of new orders without waiting for a look of the worker. */
  expectDeliveredAtOnce(): Promise<void>
  /** How many calls were for what its receiver had heard before. The ids of the events tell. */
  duplicates(): number
  /** No order, no job, nothing heard, no faults. */
  clear(): Promise<void>
  /** End the workers, as the end of the process does. */
  stopServing(): Promise<void>
}

export async function startFaultyShop(settings: Readonly<Record<string, unknown>> = {}): Promise<FaultyShop> {
  const heard: Heard[] = []
  let era = 0
  const listen = (receiver: Heard['receiver'], order: Order, meta: Meta | undefined): void => {
    // A worker may have taken a job again that was deleted then.
    if (order.era === era) heard.push({ receiver, label: order.label, event: meta?.event?.id })
  }
  const plugin = {
    getModels: (): PluginModels => ({
      entities: [],
      migrations: [{ name: '0001_orders', up: ['create table orders (label text primary key)'] }],
    }),
    getSignalSubscriptions: () =>
      new SubscriptionMap()
        .on(
          placed,
          async (_sender, order, meta) => {
            await shop.onShip(order.label, meta)
            listen('ship', order, meta)
          },
          { id: 'ship', delivery: 'durable' },
        )
        .on(placed, (_sender, order, meta) => listen('bill', order, meta), {
          id: 'bill',
          delivery: 'durable',
        }),
  }
  await using made = new AsyncDisposableStack()
  const server = made.use(await startPostgres())
  const url = await server.createDatabase()
  const proxy = made.use(await startFaultProxy(url))
  const direct = new Pool({ connectionString: url, max: 1 })
  // A restart of the server ends its connection.
  direct.on('error', () => undefined)
  made.defer(() => direct.end())
  const running = made.use(
    await startOutbox({ database: { url: proxy.url }, plugins: [{ name: 'shop', plugin }], settings }),
  )
  const serving = made.use(await running.serve())
  made.defer(() => proxy.restore())
  const all = made.move()

  const labelsOf = (receiver: Heard['receiver']): string[] =>
    [...new Set(heard.filter((each) => each.receiver === receiver).map(({ label }) => label))].toSorted()
  const orders = async (): Promise<string[]> => {
    const { rows } = await direct.query('select label from orders order by label collate "C"')
    return z
      .array(z.object({ label: z.string() }))
      .parse(rows)
      .map(({ label }) => label)
  }
  const shop: FaultyShop = {
    server,
    proxy,
    direct,
    running,
    heard,
    onShip: () => undefined,
    place: (label, inside) =>
      transaction(async () => {
        await em().execute('insert into orders values (?)', [label])
        placed.send('web', { label, era })
        await inside?.()
      }),
    orders,
    async expectDelivered(timeout) {
      const committed = await orders()
      const both = { ship: committed, bill: committed }
      const now = (): object => ({ ship: labelsOf('ship'), bill: labelsOf('bill') })
      await expect.poll(now, { timeout, interval: 10 }).toEqual(both)
    },
    expectDeliveredAtOnce: () =>
      expectAtOnce(async (round) => {
        await shop.place(`at once ${round}`)
        await shop.expectDelivered(10_000)
      }),
    duplicates: () => heard.length - new Set(heard.map(({ receiver, event }) => `${receiver} ${event}`)).size,
    async clear() {
      era += 1
      proxy.restore()
      await direct.query('truncate orders')
      await direct.query('delete from aldis_jobs.job')
      shop.onShip = () => undefined
      heard.length = 0
      running.logger.lines.length = 0
    },
    stopServing: () => Promise.resolve(serving[Symbol.asyncDispose]()),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
  return shop
}
