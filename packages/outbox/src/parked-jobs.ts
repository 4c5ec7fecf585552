import { transaction } from '@aldis/models'
import { z } from 'zod'

import { SCHEMA } from './boss-schema.ts'
import { IN_ORDER, type JobStore } from './job-store.ts'
import { PARKED } from './queue-name.ts'

const Origin = z.object({ root: z.string(), since: z.string() })

/** Parked jobs, and what holds their shards: the failed jobs that they are copies of. */
export class ParkedJobs {
  readonly #store: JobStore

  constructor(store: JobStore) {
    this.#store = store
  }

  /** Give those with `ids` to their receivers again, as what they were and where they were, and return their number. */
  retry(ids: readonly string[]): Promise<number> {
    return transaction(async () => {
      const origins = await this.#store.query(
        Origin,
        `select coalesce(source_root_id, source_id)::text as root, source_created_on::text as since
         from ${SCHEMA}.job where name = $1 and id = any($2::uuid[]) and source_id is not null`,
        [PARKED, ids],
      )
      await this.#release(ids)
      const retried = await this.#store.boss.redrive(PARKED, { ids: [...ids], limit: ids.length })
      await this.#store.query(
        z.unknown(),
        `update ${SCHEMA}.job j set id = o.root, created_on = o.since
         from unnest($1::uuid[], $2::timestamptz[]) as o (root, since)
         where j.source_root_id = o.root and j.state = 'created' and j.name <> $3`,
        [origins.map(({ root }) => root), origins.map(({ since }) => since), PARKED],
      )
      // What came after it in its shard and has failed since would be taken first, and late.
      await this.#store.query(
        z.unknown(),
        `update ${SCHEMA}.job r set state = 'created', start_after = ${SCHEMA}.job_now()
         from ${SCHEMA}.job p
         where p.id = any($1::uuid[]) and p.policy = '${IN_ORDER}' and r.name = p.name and r.singleton_key = p.singleton_key
           and r.policy = '${IN_ORDER}' and r.state = 'retry' and (r.created_on, r.id) > (p.created_on, p.id)`,
        [origins.map(({ root }) => root)],
      )
      return retried
    })
  }

  /** Delete those with `ids`, undelivered, and return their number. */
  discard(ids: readonly string[]): Promise<number> {
    return transaction(async () => {
      await this.#release(ids)
      const gone = await this.#store.query(
        z.unknown(),
        `delete from ${SCHEMA}.job where name = $1 and id = any($2::uuid[]) returning 1`,
        [PARKED, ids],
      )
      return gone.length
    })
  }

  /**
   * Let shards go on whose job has been parked, and return their queues. Those that are to wait stay held, however long:
   * pg-boss would delete what holds them when it is as old as delivered jobs get.
   */
  async letGoOn(): Promise<readonly string[]> {
    const failed = `policy = '${IN_ORDER}' and state = 'failed'`
    await this.#store.query(
      z.unknown(),
      `update ${SCHEMA}.job set deletion_seconds = 0 where ${failed} and data -> 'hold' is not null and deletion_seconds <> 0`,
    )
    const rows = await this.#store.query(
      z.object({ name: z.string() }),
      `delete from ${SCHEMA}.job where ${failed} and data -> 'hold' is null returning name`,
    )
    return [...new Set(rows.map(({ name }) => name))]
  }

  async #release(ids: readonly string[]): Promise<void> {
    await this.#store.query(
      z.unknown(),
      `delete from ${SCHEMA}.job j using ${SCHEMA}.job p
       where p.name = $1 and p.id = any($2::uuid[]) and j.name = p.source_name and j.id = p.source_id
         and j.state = 'failed'`,
      [PARKED, ids],
    )
  }
}
