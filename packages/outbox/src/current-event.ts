import { z } from 'zod'

import { SCHEMA } from './boss-schema.ts'
import { IN_ORDER, type Claim, type JobStore } from './job-store.ts'
import { PARKED } from './queue-name.ts'
import { StoredEvent } from './stored-event.ts'

/** How far ahead in a shard is looked for newer events: what a claim costs is bounded. */
const AHEAD = 1000

const Row = z.object({ data: z.string().nullable() })

/** Whether the claim is held still: a process that stood still may have lost it, and the shard has gone on. */
const HELD = `select null as data from ${SCHEMA}.job
  where name = $1 and id = $2::uuid and state = 'active' and retry_count = $3::int`

/**
 * In one statement, so that a crash leaves either all jobs or the newest: what is added meanwhile stays, and comes next.
 * While a job of a shard is claimed no other has failed, so those that wait are new. One that was parked and came back
 * may be older than the claimed one, or newer than it: several are parked when their receiver is gone.
 */
const NEWEST = `with claim as materialized (
    select id, created_on from ${SCHEMA}.job
    where name = $1 and id = $2::uuid and state = 'active' and retry_count = $3::int for update
  ), ahead as materialized (
    select id, data ->> 'coalesce' as about from ${SCHEMA}.job
    where name = $1 and singleton_key = $4 and policy = '${IN_ORDER}' and state = 'created' and not blocked
      and exists (select from claim)
    order by created_on, id limit ${AHEAD}
  ), same as materialized (
    select id, data, created_on from ${SCHEMA}.job
    where name = $1 and state = 'created' and id in (select id from ahead where about = $5) for update
  ), gone as (
    delete from ${SCHEMA}.job where name = $1 and id in (select id from same)
  ), parked as (
    delete from ${SCHEMA}.job where name = '${PARKED}' and state < 'active' and not blocked and source_name = $1
      and singleton_key = $4 and data ->> 'coalesce' = $5
      and (source_created_on, coalesce(source_root_id, source_id)) < (select created_on, id from claim)
  ), put as (
    update ${SCHEMA}.job j set data = newest.data
    from (select same.data from same, claim where (same.created_on, same.id) > (claim.created_on, claim.id)
      order by same.created_on desc, same.id desc limit 1) newest
    where j.name = $1 and j.id = $2::uuid
    returning j.data::text as data
  )
  select (select data from put) as data from claim`

/**
 * The event that a claimed job in a shard is to be called for; undefined when its claim has lapsed. Where its
 * receiver coalesces, that is the newest that waits in the shard and is about the same, which takes the place of `event`.
 */
export async function currentEvent(
  store: JobStore,
  queue: string,
  { id, retryCount }: Claim,
  event: StoredEvent,
): Promise<StoredEvent | undefined> {
  const { shard, coalesce } = event
  const claim = [queue, id, retryCount]
  const [row] =
    coalesce === undefined
      ? await store.query(Row, HELD, claim)
      : await store.query(Row, NEWEST, [...claim, shard, coalesce])
  if (row === undefined) return undefined
  return row.data === null ? event : StoredEvent.parse(JSON.parse(row.data))
}
