import { randomUUID } from 'node:crypto'

import type { AnySignal } from '@aldis/signals'
import { z } from 'zod'

import type { ShardOfEvent } from './shard-key.ts'
import { StoredSender } from './stored-sender.ts'

/** What a job holds: one event for one subscription. */
export const StoredEvent = z.object({
  /** The same in the jobs of all subscriptions of one send. */
  eventId: z.string(),
  /** `namespace:name`. */
  signal: z.string(),
  sender: StoredSender,
  /** JSON, as text: it comes back byte for byte, whatever characters it holds. */
  payload: z.string(),
  /** The version of the schema that the payload was written for. */
  version: z.number(),
  plugin: z.string(),
  subscription: z.string(),
  /** What is delivered in order with it. */
  shard: z.string().optional(),
  /** Of the waiting events of its shard with the same, the newest is delivered. */
  coalesce: z.string().optional(),
  /** When it is parked, its shard waits. */
  hold: z.literal(true).optional(),
  sentAt: z.iso.datetime(),
  /** The W3C trace context of the send. */
  traceparent: z.string().optional(),
})
export type StoredEvent = z.output<typeof StoredEvent>

/** What all jobs of one send have in common. */
export type SentEvent = Omit<StoredEvent, 'plugin' | 'subscription' | keyof ShardOfEvent>

/** The event of a send by `sender`, whose `payload` is JSON. */
export function sentEvent(
  signal: AnySignal,
  sender: StoredSender,
  payload: string,
  traceparent: string | undefined,
): SentEvent {
  return {
    eventId: randomUUID(),
    signal: String(signal),
    sender,
    payload,
    version: versionOf(signal),
    sentAt: new Date().toISOString(),
    ...(traceparent !== undefined && { traceparent }),
  }
}

/** The version of the signal's schema. */
export function versionOf(signal: AnySignal): number {
  return signal.declaration?.version ?? 1
}
