import { em, load, transaction, type Migration, type Ref } from '@aldis/models'
import type { Signal } from '@aldis/signals'
import { z } from 'zod'

import { outbox } from './outbox-signals.ts'

/** The table of tombstones. */
export const tombstoneMigrations: readonly Migration[] = [
  {
    name: '0002_tombstones',
    up: [
      `create table outbox_tombstone (
         entity text not null,
         object_identifier text not null,
         region_name text not null default '',
         recorded_at timestamptz not null default now(),
         primary key (entity, object_identifier, region_name)
       )`,
    ],
  },
]

/** A row that is gone, for those who keep something that refers to it. */
export interface TombstoneRecorded {
  readonly entity: string
  /** The key of the row. */
  readonly objectIdentifier: string | number
  /** The region that it is gone for, where the receiver has named one. */
  readonly regionName?: string | undefined
}

const Recorded: z.ZodType<TombstoneRecorded> = z
  .strictObject({
    entity: z.string(),
    objectIdentifier: z.union([z.string(), z.number()]),
    regionName: z.string().optional(),
  })
  .readonly()

/**
 * Sent by the name of the entity, in the transaction that records a tombstone: once for each row and region. Who keeps
 * something that refers to the row subscribes with the delivery `durable` and deletes it.
 */
export const tombstoneRecorded: Signal<string, TombstoneRecorded> = outbox.declare('tombstone_recorded', {
  doc: 'A receiver has found that a row is gone, and nobody had recorded that.',
  payload: Recorded,
})

/**
 * The fresh row that `ref` refers to. When it is gone: record a tombstone, unless there is one, and resolve with
 * undefined. A receiver of outbox messages asks it first, and knows whether it hears of a change or of a deletion.
 *
 * @throws ModelUnknownError when no loaded plugin has such an entity
 *
 * @example
 * ```ts
 * import { defineEntity, p, type InstanceOf } from '@aldis/models'
 * import { maybeProcessTombstone } from '@aldis/outbox'
 *
 * const Shop = defineEntity({ name: 'Shop', properties: { id: p.integer().primary(), name: p.string() } })
 *
 * export async function mirrorShop(id: number, copies: Map<number, string>): Promise<void> {
 *   const shop = await maybeProcessTombstone<InstanceOf<typeof Shop>>({ entity: Shop.name, id })
 *   if (shop) copies.set(id, shop.name)
 *   else copies.delete(id)
 * }
 * ```
 */
export async function maybeProcessTombstone<E extends object>(
  ref: Ref<E>,
  { regionName }: { readonly regionName?: string } = {},
): Promise<E | undefined> {
  const found = await load(ref)
  if (found === undefined) await record(ref.entity, ref.id, regionName)
  return found
}

function record(entity: string, objectIdentifier: string | number, regionName?: string): Promise<void> {
  return transaction(async (own) => {
    const recorded: unknown[] = await own.execute(
      `insert into outbox_tombstone (entity, object_identifier, region_name) values (?, ?, ?)
       on conflict do nothing returning 1`,
      [entity, String(objectIdentifier), regionName ?? ''],
    )
    if (recorded.length === 0) return
    await tombstoneRecorded.sendAsync(entity, {
      entity,
      objectIdentifier,
      ...(regionName !== undefined && { regionName }),
    })
  })
}

/** A recorded tombstone. */
export interface Tombstone {
  readonly entity: string
  /** The key of the row, as text. */
  readonly objectIdentifier: string
  readonly regionName: string | undefined
  readonly recordedAt: Date
}

const Row = z.object({
  entity: z.string(),
  objectIdentifier: z.string(),
  regionName: z.string().transform((name) => (name === '' ? undefined : name)),
  recordedAt: z.string().transform((text) => new Date(text)),
})

/** The tombstones of the rows of `entity`, or of all, oldest first, at most `limit` (100) from the `offset`th (0) on. */
export async function listTombstones({
  entity,
  limit = 100,
  offset = 0,
}: {
  readonly entity?: string
  readonly limit?: number
  readonly offset?: number
} = {}): Promise<readonly Tombstone[]> {
  const rows: unknown = await em().execute(
    `select entity, object_identifier as "objectIdentifier", region_name as "regionName",
       to_char(recorded_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "recordedAt"
     from outbox_tombstone where coalesce(?::text, entity) = entity
     order by recorded_at, entity, object_identifier, region_name limit ? offset ?`,
    [entity ?? null, limit, offset],
  )
  return Row.array().parse(rows)
}
