import { z } from 'zod'

import { SCHEMA } from './boss-schema.ts'
import { IN_ORDER, type Claim, type JobStore } from './job-store.ts'
import { PARKED } from './queue-name.ts'
import { StoredEvent } from './stored-event.ts'

/** How far ahead in a shard is looked for newer events: what a claim costs is bounded. */
const AHEAD = 1000

const Row = z.object({ data: z.string() })

/**
 * Put the newest event that waits in the shard of `event` and is about the same into the place of `event`, and return
 * it. In one statement, so that a crash leaves either all of them or the newest; what is added meanwhile stays, and
 * comes next. A parked job about the same is older than any that is delivered, and goes too. Does nothing, and returns
 * `event`, when the claim has lapsed.
 */
export async function newestInPlace(
  store: JobStore,
  queue: string,
  { id, retryCount }: Claim,
  event: StoredEvent,
): Promise<StoredEvent> {
  const { shard, coalesce } = event
  if (shard === undefined || coalesce === undefined) return event
  const [row] = await store.query(
    Row,
    `with claim as materialized (
       select id from ${SCHEMA}.job
       where name = $1 and id = $2::uuid and state = 'active' and retry_count = $3::int for update
     ), ahead as materialized (
       select id, data, created_on from ${SCHEMA}.job
       where name = $1 and singleton_key = $4 and policy = '${IN_ORDER}' and state < 'active' and not blocked
         and exists (select from claim)
       order by created_on, id limit ${AHEAD} for update
     ), same as materialized (
       select id, data, created_on from ahead where data ->> 'coalesce' = $5
     ), gone as (
       delete from ${SCHEMA}.job where name = $1 and id in (select id from same)
     ), parked as (
       delete from ${SCHEMA}.job where name = '${PARKED}' and source_name = $1 and singleton_key = $4
         and data ->> 'coalesce' = $5 and exists (select from claim)
     )
     update ${SCHEMA}.job j set data = newest.data
     from (select data from same order by created_on desc, id desc limit 1) newest
     where j.name = $1 and j.id = $2::uuid
     returning j.data::text as data`,
    [queue, id, retryCount, shard, coalesce],
  )
  return row === undefined ? event : StoredEvent.parse(JSON.parse(row.data))
}
