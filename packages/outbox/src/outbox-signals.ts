import { namespace, type Namespace, type Signal } from '@aldis/signals'
import { z } from 'zod'

import { categoryNames } from './outbox-category.ts'

/** The signals of the outbox. */
export const outbox: Namespace = namespace('outbox')

/** Something has changed that others keep a copy of. */
export interface RegionOutboxMessage {
  /** The scope that the category belongs to. */
  readonly shardScope: string
  /** Which shard of the scope, such as the key of an organization. */
  readonly shardIdentifier: string | number
  /** What has changed: with the category, the key of a row. */
  readonly objectIdentifier: string | number
  /** A hint for what the row does not tell, or does not any more. The newest stands for those before it. */
  readonly payload?: unknown
}

/** {@link RegionOutboxMessage} for one region. */
export interface ControlOutboxMessage extends RegionOutboxMessage {
  readonly regionName: string
}

const Identifier = z.union([z.string().min(1), z.number()])
const message = {
  shardScope: z.string().min(1),
  shardIdentifier: Identifier,
  objectIdentifier: Identifier,
  payload: z.unknown().optional(),
}
const RegionMessage: z.ZodType<RegionOutboxMessage> = z.strictObject(message).readonly()
const ControlMessage: z.ZodType<ControlOutboxMessage> = z
  // Without what separates the parts of a shard's key.
  .strictObject({ ...message, regionName: z.string().regex(/^[\w.-]+$/) })
  .readonly()

/**
 * Sent by the name of a category, in the transaction that changes something of a region, which the receivers bring to
 * control. Subscribe with {@link inShards}.
 */
export const processRegionOutbox: Signal<string, RegionOutboxMessage> = outbox.declare(
  'process_region_outbox',
  {
    doc: 'Something of a region has changed that control keeps a copy of.',
    senders: categoryNames,
    payload: RegionMessage,
  },
)

/**
 * Sent by the name of a category, in the transaction that changes something of control, once for each region that the
 * receivers bring it to. Subscribe with {@link inShards}.
 */
export const processControlOutbox: Signal<string, ControlOutboxMessage> = outbox.declare(
  'process_control_outbox',
  {
    doc: 'Something of control has changed that a region keeps a copy of.',
    senders: categoryNames,
    payload: ControlMessage,
  },
)

type Message = RegionOutboxMessage & { readonly regionName?: string }

/**
 * The options of a subscription to {@link processRegionOutbox} or {@link processControlOutbox}: durable, the messages of
 * one shard one after the other, and of those about one object that wait only the newest. A shard is
 * `organization:7`, or `eu/organization:7` for a region; what a message is about is `member_update:31`.
 *
 * @example
 * ```ts
 * import { SubscriptionMap } from '@aldis/core'
 * import { inShards, processRegionOutbox } from '@aldis/outbox'
 *
 * export const subscriptions = new SubscriptionMap().on(
 *   processRegionOutbox,
 *   (_category, { objectIdentifier }) => console.log(`member ${objectIdentifier} has changed`),
 *   { id: 'mirror_member', sender: 'member_update', ...inShards },
 * )
 * ```
 */
export const inShards: {
  readonly delivery: 'durable'
  readonly shard: (category: string, message: Message) => string
  readonly coalesce: (category: string, message: Message) => string
} = {
  delivery: 'durable',
  shard: (_category, { shardScope, shardIdentifier, regionName }) =>
    `${regionName === undefined ? '' : `${regionName}/`}${shardScope}:${shardIdentifier}`,
  coalesce: (category, { objectIdentifier }) => `${category}:${objectIdentifier}`,
}
