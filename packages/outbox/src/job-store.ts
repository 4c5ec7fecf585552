import { em, rawDatabase } from '@aldis/models'
import { fromKysely, PgBoss, type Db, type JobInsert, type Queue } from 'pg-boss'
import { v7 } from 'uuid'
import { z } from 'zod'

import { SCHEMA } from './boss-schema.ts'
import { ownerOf, PARKED, queueOf, shardedQueueOf } from './queue-name.ts'
import type { Settings } from './settings.ts'
import type { StoredEvent } from './stored-event.ts'
import type { DurableSubscription } from './subscriptions.ts'

/** The policy of a queue whose jobs are taken one after the other for each key. */
export const IN_ORDER = 'key_strict_fifo'
/** As good as for ever, in what pg-boss can count: 63 years. */
const FOR_EVER = 2_000_000_000
/** A claim without a sign of life for so long is given to another. */
const HEARTBEAT_SECONDS = 15
/** What a batch takes beside its receivers. */
const CLAIM_MARGIN_SECONDS = 30
/** How long nobody has shown a receiver before its jobs are parked. */
const ABANDONED_SECONDS = 300
/** What is stored of the failure of a job whose process has died. */
const DIED = 'The process that called the receiver has died.'
/** The longest text of one insert, in characters. */
const LONGEST_INSERT = 16 * 1024 * 1024

type QueueSettings = Omit<Queue, 'name'>

const seconds = (ms: number): number => Math.ceil(ms / 1000)

/** A job that a worker has claimed. The attempt is its own: a later claim has another. */
export interface Claim {
  readonly id: string
  readonly retryCount: number
}

/** Where jobs are kept: pg-boss, spoken to in the transaction of the running code, or outside of one. */
export class JobStore {
  /** Never started: it runs statements when it is asked to, and nothing by itself. */
  readonly boss: PgBoss
  readonly #settings: Settings
  /** The queues that are there and committed. */
  readonly #made = new Set<string>()
  /** Those that are lent: the last one is used. */
  readonly #lent: Db[] = []
  readonly #current: () => boolean
  readonly #subscriptionOf: (name: string) => DurableSubscription | undefined

  /** `current`: whether the running code is in a transaction. `subscriptionOf` finds the subscription of a queue. */
  constructor(
    settings: Settings,
    current: () => boolean,
    subscriptionOf: (name: string) => DurableSubscription | undefined,
  ) {
    this.#settings = settings
    this.#current = current
    this.#subscriptionOf = subscriptionOf
    const db: Db = { executeSql: async (text, values) => ({ rows: await this.#execute(text, values) }) }
    this.boss = new PgBoss({ db, schema: SCHEMA, migrate: false, supervise: false, schedule: false })
  }

  /**
   * Speak through `db` outside of transactions, until the result is called. Unlike the connections that the application
   * uses, those of a worker do not wait for an answer without an end.
   */
  lend(db: Db): () => void {
    this.#lent.push(db)
    return () => {
      const place = this.#lent.indexOf(db)
      if (place >= 0) this.#lent.splice(place, 1)
    }
  }

  /** Rows of a statement with bound `values`, as `schema` has them. */
  async query<T extends z.ZodType>(
    schema: T,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<z.output<T>[]> {
    const rows = await this.#execute(text, values)
    return schema.array().parse(rows)
  }

  /** Make the queues of `subscriptions` where they are not there, and bring their options up to date. */
  async prepare(subscriptions: Iterable<DurableSubscription>): Promise<void> {
    const wanted = [...subscriptions].filter(({ queue }) => !this.#made.has(queue))
    if (wanted.length === 0) return
    await this.#make(PARKED, this.#parkedSettings)
    const known = new Map((await this.boss.getQueues()).map((queue) => [queue.name, queue]))
    for (const subscription of wanted) {
      const { queue: name } = subscription
      const settings = this.#settingsOf(subscription)
      const queue = known.get(name)
      if (queue === undefined) await this.#make(name, settings)
      else if (differs(queue, settings)) await this.#update(name, settings)
      this.#made.add(name)
    }
  }

  /** Show other processes that this one has receivers for the queues `names`. */
  async claimQueues(names: readonly string[]): Promise<void> {
    const text = `update ${SCHEMA}.queue set updated_on = ${SCHEMA}.job_now() where name = any($1)`
    await this.#execute(text, [names])
  }

  /** The queues, and whether for minutes no process has had a receiver for them. */
  queues(): Promise<{ name: string; abandoned: boolean }[]> {
    return this.query(
      z.object({ name: z.string(), abandoned: z.boolean() }),
      `select name, updated_on < ${SCHEMA}.job_now() - interval '${ABANDONED_SECONDS}s' as abandoned
       from ${SCHEMA}.queue order by name`,
    )
  }

  /**
   * Let go of what this process has claimed in its life before, on the embedded database, which is one process's alone.
   * It counts as an attempt, and the next is made at once. Elsewhere a claim ends when it shows no more sign of life.
   */
  async releaseOrphans(): Promise<void> {
    if (rawDatabase().kind === 'PostgreSQL') return
    const text = `select name, array_agg(id::text) as ids from ${SCHEMA}.job where state = 'active' group by name`
    const rows = await this.query(z.object({ name: z.string(), ids: z.string().array() }), text)
    for (const { name, ids } of rows) {
      await this.boss.fail(name, ids, { message: DIED })
      await this.makeDue(name, ids)
    }
  }

  /**
   * Have the receiver of a claimed job called again after `delayMs`, by the database's clock. Resolves with whether that
   * is so: it is not when the claim has lapsed, or when this was its last attempt.
   */
  async retryAfter(
    name: string,
    { id, retryCount }: Claim,
    output: object,
    delayMs: number,
  ): Promise<boolean> {
    const rows = await this.#execute(
      `update ${SCHEMA}.job set state = 'retry', heartbeat_on = null, output = $4::jsonb,
         start_after = ${SCHEMA}.job_now() + $5::float8 * interval '1ms'
       where name = $1 and id = $2::uuid and state = 'active' and retry_count = $3::int and retry_count < retry_limit
       returning id`,
      [name, id, retryCount, JSON.stringify(output), delayMs],
    )
    return rows.length > 0
  }

  /** Undo the claim of a job: the call that was not made does not count, and the next is made in `seconds`. */
  async giveBack(name: string, { id, retryCount }: Claim, seconds: number): Promise<void> {
    await this.#execute(
      `update ${SCHEMA}.job set state = 'retry', started_on = null, heartbeat_on = null,
         start_after = ${SCHEMA}.job_now() + $4::int * interval '1s'
       where name = $1 and id = $2::uuid and state = 'active' and retry_count = $3::int`,
      [name, id, retryCount, seconds],
    )
  }

  /**
   * Have jobs that wait for a later attempt called as soon as they can be, and return their number. Those that are due,
   * also behind another of their shard, stay due since when they were.
   */
  async makeDue(name: string, ids: readonly string[]): Promise<number> {
    const text = `update ${SCHEMA}.job set start_after = ${SCHEMA}.job_now()
      where name = $1 and id = any($2::uuid[]) and state < 'active' and start_after > ${SCHEMA}.job_now() returning 1`
    return (await this.#execute(text, [name, ids])).length
  }

  /** Delete waiting jobs, undelivered, and return their number. */
  async discard(name: string, ids: readonly string[]): Promise<number> {
    const text = `delete from ${SCHEMA}.job where name = $1 and id = any($2::uuid[]) and state < 'active' returning 1`
    return (await this.#execute(text, [name, ids])).length
  }

  /** `plugin` is gone, and may come back with other options. */
  forget(plugin: string): void {
    for (const name of this.#made) if (ownerOf(name)?.plugin === plugin) this.#made.delete(name)
  }

  /**
   * Store `events` in the transaction of the running code.
   *
   * @throws Error when they are not all stored: the transaction must not commit
   */
  async write(events: readonly StoredEvent[]): Promise<void> {
    for (const [name, own] of Map.groupBy(events, queueOfEvent)) {
      await this.#makeInside(name)
      for (const jobs of inPortions(own)) {
        const ids = await this.boss.insert(name, jobs, { returnId: true, db: fromKysely(em().getKysely()) })
        if (ids?.length !== jobs.length) {
          throw new Error(`The queue "${name}" took ${ids?.length ?? 0} of ${jobs.length} jobs.`)
        }
        if (own[0]?.shard !== undefined) await this.#inOrder(name, ids)
      }
    }
  }

  /**
   * Jobs of a shard are taken by the time of their storing. That of their transaction, which pg-boss takes, may be
   * before that of one which has committed since. Within one statement the ids, which grow, decide. They are due since
   * then too: who began to look before the older one was stored must not find the newer alone to be due.
   */
  async #inOrder(name: string, ids: readonly string[]): Promise<void> {
    const text = `update ${SCHEMA}.job set created_on = statement_timestamp(), start_after = statement_timestamp()
      where name = $1 and id = any($2::uuid[])`
    await this.#execute(text, [name, ids])
  }

  /** A transaction may commit before the outbox has started: in an upgrade, or in the start of another plugin. */
  async #makeInside(name: string): Promise<void> {
    const subscription = this.#made.has(name) ? undefined : this.#subscriptionOf(name)
    if (subscription === undefined) return
    await this.#make(PARKED, this.#parkedSettings)
    await this.#make(name, this.#settingsOf(subscription))
  }

  /** Make the queue `name` unless it is there. */
  async #make(name: string, settings: QueueSettings): Promise<void> {
    const options = JSON.stringify({ policy: 'standard', ...settings })
    await this.#execute(`select ${SCHEMA}.create_queue($1, $2::jsonb)`, [name, options])
  }

  async #update(name: string, { policy: _policy, ...settings }: QueueSettings): Promise<void> {
    await this.boss.updateQueue(name, settings)
  }

  #settingsOf({ options, inShards }: DurableSubscription): QueueSettings {
    const { attempts, retryDelayMs, retryDelayMaxMs, timeoutMs } = options
    return {
      policy: inShards ? IN_ORDER : 'standard',
      retryLimit: attempts - 1,
      retryBackoff: true,
      retryDelay: seconds(retryDelayMs),
      retryDelayMax: Math.max(1, seconds(retryDelayMaxMs)),
      expireInSeconds: seconds(timeoutMs) + CLAIM_MARGIN_SECONDS,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      retentionSeconds: FOR_EVER,
      deleteAfterSeconds: seconds(this.#settings.keepDeliveredHours * 3_600_000),
      deadLetter: PARKED,
      notify: true,
    }
  }

  readonly #parkedSettings: QueueSettings = {
    policy: 'standard',
    retentionSeconds: FOR_EVER,
    deleteAfterSeconds: FOR_EVER,
  }

  async #execute(text: string, values: readonly unknown[] = []): Promise<unknown[]> {
    if (!this.#current()) return this.#executeOutside(text, [...values])
    const inside = fromKysely(em().getKysely())
    const { rows }: { readonly rows: unknown[] } = await inside.executeSql(text, [...values])
    return rows
  }

  async #executeOutside(text: string, values: unknown[]): Promise<unknown[]> {
    const lent = this.#lent.at(-1)
    const { rows }: { readonly rows: unknown[] } = lent
      ? await lent.executeSql(text, values)
      : await rawDatabase().execute(text, values)
    return rows
  }
}

function queueOfEvent(event: StoredEvent): string {
  return event.shard === undefined ? queueOf(event) : shardedQueueOf(event)
}

function differs(queue: Queue, settings: QueueSettings): boolean {
  return Object.entries(settings).some(([key, value]) => Reflect.get(queue, key) !== value)
}

/** The jobs of `events`, in portions that one statement each can take. */
function* inPortions(events: readonly StoredEvent[]): Generator<JobInsert[]> {
  let portion: JobInsert[] = []
  let length = 0
  for (const event of events) {
    if (length + event.payload.length > LONGEST_INSERT) {
      yield portion
      portion = []
      length = 0
    }
    portion.push(
      event.shard === undefined ? { data: event } : { id: v7(), data: event, singletonKey: event.shard },
    )
    length += event.payload.length
  }
  yield portion
}
