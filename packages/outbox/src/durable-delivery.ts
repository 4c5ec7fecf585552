import type { BoundSubscription, Delivery, DeliverySend, TransactionProvider } from '@aldis/core'
import { isModel } from '@aldis/models'
import type { AnySignal } from '@aldis/signals'
import type { StandardSchemaV1 } from '@standard-schema/spec'

import { DurableSchema } from './durable-options.ts'
import {
  DurableNeedsTransactionError,
  PayloadMismatchError,
  PayloadNotStorableError,
} from './outbox-errors.ts'
import { shardOf } from './shard-key.ts'
import { sentEvent, type SentEvent, type StoredEvent } from './stored-event.ts'
import { storedSender } from './stored-sender.ts'
import { storedText } from './stored-text.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { Telemetry } from './telemetry.ts'
import type { TransactionBuffer } from './transaction-buffer.ts'

/** What the delivery needs of the outbox. */
export interface DurableParts {
  readonly transactions: TransactionProvider
  readonly buffer: TransactionBuffer<StoredEvent>
  readonly telemetry: Telemetry
  /** Those that have been accepted. */
  readonly subscriptions: Subscriptions
}

/**
 * The delivery `durable`: the event is stored with the transaction that it is sent in, and the receiver is called
 * from there until it returns.
 */
export function durableDelivery({ transactions, buffer, telemetry, subscriptions }: DurableParts): Delivery {
  /** One job for each subscription. They know their shards before anyone is called. */
  const jobsOf = (
    { subscriptions: reached, sender, payload }: DeliverySend,
    event: SentEvent,
  ): StoredEvent[] =>
    reached.map((bound) => {
      const subscription = subscriptions.of(bound)
      return {
        ...event,
        plugin: bound.plugin,
        subscription: bound.id,
        ...shardOf(subscription, sender, payload),
      }
    })
  const eventOf = ({ signal, sender, payload }: DeliverySend): SentEvent => {
    const stored = storedSender(sender)
    if (stored === undefined) {
      throw new PayloadNotStorableError(signal, 'sender', '', 'it is no text, number or entity.')
    }
    return sentEvent(signal, stored, storedText(signal, payload), telemetry.traceparent())
  }
  return {
    name: 'durable',
    options: DurableSchema,
    refuse(subscription) {
      const reason = refusal(subscription)
      if (reason === undefined) subscriptions.add(subscription)
      return reason
    },
    send(send, inline) {
      const transaction = transactions.current()
      if (transaction === undefined) throw new DurableNeedsTransactionError(send.signal, send.method)
      const event = eventOf(send)
      const checked = validate(send)
      if (checked instanceof Promise) {
        throw new PayloadMismatchError(send.signal, [
          'its schema is checked asynchronously: send with sendAsync() or sendRobustAsync()',
        ])
      }
      refuseInvalid(send.signal, checked)
      buffer.add(transaction, jobsOf(send, event))
      return inline()
    },
    async sendAsync(send, inline) {
      const inside = async () => {
        const transaction = transactions.current()
        if (transaction === undefined) throw new DurableNeedsTransactionError(send.signal, send.method)
        const event = eventOf(send)
        refuseInvalid(send.signal, await validate(send))
        buffer.add(transaction, jobsOf(send, event))
        return inline()
      }
      return transactions.current() === undefined ? transactions.run(inside) : inside()
    },
  }
}

type Checked = StandardSchemaV1.Result<unknown>

function validate({ signal, payload }: DeliverySend): Checked | Promise<Checked> {
  const schema = signal.declaration?.payload
  if (schema === undefined) throw new PayloadMismatchError(signal, ['its declaration has no schema any more'])
  return schema['~standard'].validate(payload)
}

function refuseInvalid(signal: AnySignal, { issues }: Checked): void {
  if (issues) throw new PayloadMismatchError(signal, problemsOf(issues))
}

/** What is wrong with a payload, each problem with its place. Without values: they may be secret. */
export function problemsOf(issues: readonly StandardSchemaV1.Issue[]): string[] {
  return issues.map(({ path = [], message }) => {
    const where = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
    return where === '' ? message : `${where}: ${message}`
  })
}

/** Why `subscription` cannot be durable, if it cannot. */
function refusal({ signal, filtered, sender }: BoundSubscription): string | undefined {
  const { declaration } = signal
  if (declaration === undefined) {
    return (
      'the delivery "durable" stores payloads and needs their schema, and nobody has declared this signal. Its owner ' +
      'declares it with a payload schema; load the plugin that does before this one.'
    )
  }
  if (declaration.payload === undefined) {
    return (
      'the delivery "durable" stores payloads and needs their schema, and the declaration of this signal has none. ' +
      'Its owner declares it with "payload"; without that, use the delivery "commit".'
    )
  }
  const senders = [...(filtered ? [sender] : []), ...(declaration.senders ?? [])]
  if (senders.every((each) => storedSender(each) !== undefined || isModel(each))) return undefined
  return (
    'the delivery "durable" stores senders by name, and one of this signal is no text, number or entity of ' +
    'defineEntity(…). Use the delivery "commit".'
  )
}
