import { transaction } from '@aldis/models'
import { z } from 'zod'

import { SCHEMA } from './boss-schema.ts'
import type { JobStore } from './job-store.ts'
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
      return retried
    })
  }

  /** Delete those with `ids`, undelivered, and return their number. */
  discard(ids: readonly string[]): Promise<number> {
    return transaction(async () => {
      await this.#release(ids)
      await this.#store.boss.deleteJob(PARKED, [...ids])
      return ids.length
    })
  }

  /** Let shards of `queues` go on that are held by a job which has been parked, and return the queues of those. */
  async letGoOn(queues: readonly string[]): Promise<readonly string[]> {
    const rows = await this.#store.query(
      z.object({ name: z.string() }),
      `delete from ${SCHEMA}.job where name = any($1::text[]) and state = 'failed' returning name`,
      [queues],
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
