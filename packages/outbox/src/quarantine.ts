import type { Migration } from '@aldis/models'
import { z } from 'zod'

import type { JobStore } from './job-store.ts'
import { queueOf, type QueueOwner } from './queue-name.ts'

/** The outbox's own tables. */
export const migrations: readonly Migration[] = [
  {
    name: '0001_outbox',
    up: [
      `create table outbox_quarantine (
         plugin text not null,
         subscription text not null,
         since timestamptz not null default now(),
         failures int not null,
         reason text not null,
         primary key (plugin, subscription)
       )`,
    ],
  },
]

/** A receiver whose jobs wait until somebody resumes them. */
export interface Quarantined extends QueueOwner {
  readonly since: Date
  /** How often it had failed in a row. */
  readonly failures: number
  /** Its last error's message. */
  readonly reason: string
}

const Row = z.object({
  plugin: z.string(),
  subscription: z.string(),
  since: z.string().transform((text) => new Date(text)),
  failures: z.number(),
  reason: z.string(),
})

const TIME = `to_char(since at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** The receivers that are set aside, for every process that delivers. */
export class Quarantine {
  readonly #store: JobStore

  constructor(store: JobStore) {
    this.#store = store
  }

  /** By queue. */
  async list(): Promise<Map<string, Quarantined>> {
    const rows = await this.#store.query(
      Row,
      `select plugin, subscription, ${TIME} as since, failures, reason from outbox_quarantine order by 1, 2`,
    )
    return new Map(rows.map((row) => [queueOf(row), row]))
  }

  async add({ plugin, subscription }: QueueOwner, failures: number, reason: string): Promise<void> {
    await this.#store.query(
      z.unknown(),
      `insert into outbox_quarantine (plugin, subscription, failures, reason) values ($1, $2, $3, $4)
       on conflict do nothing`,
      [plugin, subscription, failures, reason],
    )
  }

  /** Let receivers go on that `filter` takes, and return them. */
  async release({ plugin, subscription }: Partial<QueueOwner>): Promise<QueueOwner[]> {
    return this.#store.query(
      z.object({ plugin: z.string(), subscription: z.string() }),
      `delete from outbox_quarantine where plugin = coalesce($1::text, plugin)
         and subscription = coalesce($2::text, subscription) returning plugin, subscription`,
      [plugin ?? null, subscription ?? null],
    )
  }
}
