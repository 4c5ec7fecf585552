import { z } from 'zod'

import { SCHEMA } from './boss-schema.ts'
import { IN_ORDER, type JobStore } from './job-store.ts'
import type { JobFilter, JobState, OutboxJob, OutboxJobDetails } from './outbox.ts'
import { ownerOf, ownQueueSql, PARKED, queueOf, type QueueOwner } from './queue-name.ts'
import { StoredEvent } from './stored-event.ts'

/** A time as text that JavaScript reads, whatever the session's zone and the driver's parsers. */
const time = (column: string): string =>
  `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

const STATE = `case when name = '${PARKED}' then 'parked' when state = 'active' then 'running'
  when state = 'completed' then 'delivered' when state < 'active' then 'waiting' end`

/** The queue of the receiver, also of a parked job and of one in a shard. */
const QUEUE = ownQueueSql('coalesce(source_name, name)')

const Row = z.object({
  id: z.string(),
  queue: z.string(),
  state: z.enum(['waiting', 'running', 'parked', 'delivered']),
  data: z.string(),
  attempts: z.number(),
  dueAt: z.string(),
  output: z.string().nullable(),
})
type Row = z.output<typeof Row>

const Failure = z.object({ message: z.string(), code: z.string().optional() })
type Failure = z.output<typeof Failure>
/** What pg-boss writes by itself, such as that a worker has died. */
const BossFailure = z
  .object({ value: z.union([Failure, z.string().transform((message): Failure => ({ message }))]) })
  .transform(({ value }) => value)

/** The failure that `output`, as it is stored, tells of. */
export function failureIn(output: string | null): Failure | undefined {
  return output === null ? undefined : z.union([Failure, BossFailure]).safeParse(JSON.parse(output)).data
}

/** A job by where it is. */
export interface Place {
  readonly id: string
  /** The queue that it is in, which of a parked job is not its receiver's. */
  readonly name: string
  /** Its place among the others: when it was stored, and its id from then. */
  readonly storedAt: string
  readonly root: string
}

export const Counts = z.object({
  queue: z.string(),
  waiting: z.number(),
  retrying: z.number(),
  running: z.number(),
  parked: z.number(),
  lagSeconds: z.number(),
})
export type Counts = z.output<typeof Counts>

const ShardRow = z.object({
  queue: z.string(),
  shard: z.string(),
  waiting: z.number(),
  running: z.boolean(),
  held: z.boolean(),
  retryAt: z.string().nullable(),
  lagSeconds: z.number(),
  output: z.string().nullable(),
})
export type ShardRow = z.output<typeof ShardRow>

/** What is read of pg-boss's tables. */
export class JobQueries {
  readonly #store: JobStore

  constructor(store: JobStore) {
    this.#store = store
  }

  /** By queue; those with nothing in them included. */
  counts(): Promise<Counts[]> {
    return this.#store.query(
      Counts,
      `select ${ownQueueSql('q.name')} as queue,
         count(j.id) filter (where j.name <> '${PARKED}' and j.state < 'active')::int as waiting,
         count(j.id) filter (where j.name <> '${PARKED}' and j.state = 'retry')::int as retrying,
         count(j.id) filter (where j.state = 'active')::int as running,
         count(j.id) filter (where j.name = '${PARKED}')::int as parked,
         coalesce(greatest(0, extract(epoch from ${SCHEMA}.job_now() - min(j.start_after)
           filter (where j.name <> '${PARKED}' and j.state < 'active'))), 0)::float8 as "lagSeconds"
       from ${SCHEMA}.queue q
       left join (select id, name, state, start_after, source_name from ${SCHEMA}.job where state < 'completed') j
         on coalesce(j.source_name, j.name) = q.name
       where q.name <> $1 group by 1 order by 1`,
      [PARKED],
    )
  }

  async list(filter: JobFilter, limit: number, offset: number): Promise<OutboxJob[]> {
    return (await this.#rows(filter, limit, offset)).flatMap((row) => jobOf(row) ?? [])
  }

  async show(id: string): Promise<OutboxJobDetails | undefined> {
    if (!z.uuid().safeParse(id).success) return undefined
    const [row] = await this.#rows({ ids: [id] }, 1, 0)
    return row && jobOf(row)
  }

  /** Where the jobs are that `filter` takes and that are in one of `states`, at most `limit` after `last`, by queue and as they were stored. */
  places(
    filter: JobFilter,
    states: readonly JobState[],
    limit: number,
    last: Place | undefined,
  ): Promise<Place[]> {
    const [where, values] = conditions(filter)
    const [storedAt, root] = [
      'coalesce(source_created_on, created_on)',
      'coalesce(source_root_id, source_id, id)',
    ]
    return this.#store.query(
      z.object({ id: z.string(), name: z.string(), storedAt: z.string(), root: z.string() }),
      `select id::text as id, name, ${storedAt}::text as "storedAt", ${root}::text as root from ${SCHEMA}.job
       where ${where} and ${STATE} = any($5::text[])
         and ($6::text is null or (name, ${storedAt}, ${root}) > ($6::text, $7::timestamptz, $8::uuid))
       order by name, ${storedAt}, ${root} limit ${limit}`,
      [...values, states, last?.name ?? null, last?.storedAt ?? null, last?.root ?? null],
    )
  }

  /** The time in the database. */
  async now(): Promise<Date> {
    const [row] = await this.#store.query(
      z.object({ now: z.string() }),
      `select ${time('clock_timestamp()')} as now`,
    )
    if (row === undefined) throw new Error('The database does not know what time it is.')
    return new Date(row.now)
  }

  /**
   * Whether jobs of `queues` that were stored by the end of the millisecond `by` can be delivered now, or are being
   * delivered. Those wait that are held back by another of their shard.
   */
  async anyDue(queues: readonly string[], by: Date | undefined): Promise<boolean> {
    const stored = `name = any($1::text[]) and ($2::timestamptz is null or created_on < $2::timestamptz + interval '1ms')`
    // What it sees may have been stored after it began: the time is of when it looks.
    const due = `${stored} and state < 'active' and not blocked and start_after <= (select clock_timestamp())
      and not (policy is not distinct from '${IN_ORDER}' and state = 'created' and exists (
        select from ${SCHEMA}.job b where b.name = j.name and b.singleton_key = j.singleton_key
          and b.policy = '${IN_ORDER}' and b.state in ('retry', 'failed')))`
    // Its shard is about to go on.
    const parked = `${stored} and policy = '${IN_ORDER}' and state = 'failed' and data -> 'hold' is null`
    const active = `${stored} and state = 'active'`
    const found = [due, parked, active].map((each) => `exists (select from ${SCHEMA}.job j where ${each})`)
    // In one statement: a receiver may commit events of its own, and return, between two.
    const [row] = await this.#store.query(
      z.object({ any: z.boolean() }),
      `select ${found.join(' or ')} as "any"`,
      [queues, by ?? null],
    )
    return row?.any ?? false
  }

  /** The deepest shards of those that `receiver` takes, at most `limit`. */
  shards(receiver: Partial<QueueOwner>, limit: number): Promise<ShardRow[]> {
    const [where, values] = conditions(receiver)
    return this.#store.query(
      ShardRow,
      `select name as queue, singleton_key as shard,
         count(*) filter (where state < 'active')::int as waiting,
         bool_or(state = 'active') as running, bool_or(state = 'failed') as held,
         ${time(`max(start_after) filter (where state = 'retry')`)} as "retryAt",
         coalesce(greatest(0, extract(epoch from ${SCHEMA}.job_now() - min(start_after)
           filter (where state = 'created'))), 0)::float8 as "lagSeconds",
         (array_agg(output) filter (where state in ('retry', 'failed')))[1]::text as output
       from ${SCHEMA}.job
       where ${where} and policy = '${IN_ORDER}' and state in ('created', 'retry', 'active', 'failed')
       group by name, singleton_key having count(*) filter (where state < 'active') > 0
       order by 3 desc, 1, 2 limit $5`,
      [...values, limit],
    )
  }

  /** How many jobs are not delivered, and not parked. */
  async left(): Promise<number> {
    const [row] = await this.#store.query(
      z.object({ left: z.number() }),
      `select count(*)::int as left from ${SCHEMA}.job where state < 'completed' and name <> $1`,
      [PARKED],
    )
    return row?.left ?? 0
  }

  #rows(filter: JobFilter, limit: number, offset: number): Promise<Row[]> {
    const [where, values] = conditions(filter)
    return this.#store.query(
      Row,
      `select id::text as id, ${QUEUE} as queue, ${STATE} as state, data::text as data,
         case when name = '${PARKED}' then coalesce(source_retry_count, 0) + 1
           when started_on is null then retry_count else retry_count + 1 end as attempts,
         ${time('start_after')} as "dueAt",
         (case when name = '${PARKED}' then source_output else output end)::text as output
       from ${SCHEMA}.job where ${where} and ${STATE} is not null and ($5::text is null or ${STATE} = $5)
       order by coalesce(source_created_on, created_on) desc, id limit $6 offset $7`,
      [...values, filter.state ?? null, limit, offset],
    )
  }
}

/** SQL that is true for the jobs of `filter`, with four values. */
function conditions({ ids, plugin, subscription }: JobFilter): [where: string, values: unknown[]] {
  const own = plugin !== undefined && subscription !== undefined
  const uuids = ids?.filter((id) => z.uuid().safeParse(id).success)
  return [
    `($1::uuid[] is null or id = any($1::uuid[]) or source_id = any($1::uuid[]))
       and ($2::text is null or ${QUEUE} = $2)
       and ($3::text is null or starts_with(${QUEUE}, $3))
       and ($4::text is null or data ->> 'subscription' = $4)`,
    [
      uuids ?? null,
      own ? queueOf({ plugin, subscription }) : null,
      plugin === undefined ? null : `${plugin}/`,
      subscription ?? null,
    ],
  ]
}

function jobOf({ id, queue, state, data, attempts, dueAt, output }: Row): OutboxJobDetails | undefined {
  const owner = ownerOf(queue)
  const event = StoredEvent.safeParse(JSON.parse(data))
  if (owner === undefined || !event.success) return undefined
  const failure = failureIn(output)
  const { eventId, signal, sender, sentAt, payload, version, traceparent, shard, coalesce } = event.data
  return {
    ...owner,
    id,
    state,
    eventId,
    signal,
    sender,
    sentAt: new Date(sentAt),
    attempts,
    dueAt: state === 'waiting' ? new Date(dueAt) : undefined,
    error: failure?.message,
    errorCode: failure?.code,
    payload: JSON.parse(payload),
    version,
    traceparent,
    shard,
    coalesce,
  }
}
