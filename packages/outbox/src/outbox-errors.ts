import { AldisError } from '@aldis/core'
import type { AnySignal } from '@aldis/signals'

import type { QueueOwner } from './queue-name.ts'

/** The longest key of a shard, in characters: it must fit into an index. */
export const LONGEST_KEY = 500

/** A synchronous send reached a durable subscription outside a transaction. Nobody was called. */
export class DurableNeedsTransactionError extends AldisError {
  readonly code = 'DURABLE_NEEDS_TRANSACTION'

  constructor(signal: AnySignal, method: string) {
    super(
      `${String(signal)} has durable receivers, and ${method}() was called outside a transaction: there is no commit ` +
        'that they could depend on. Send inside transaction(…), or with sendAsync() or sendRobustAsync(), which open one.',
    )
  }
}

/** A payload, or a sender, cannot be stored. Nobody was called, and the transaction can go on. */
export class PayloadNotStorableError extends AldisError {
  readonly code = 'PAYLOAD_NOT_STORABLE'
  /** Where in the payload, such as `order.lines[2]`; empty for the whole. */
  readonly path: string

  constructor(signal: AnySignal, what: 'payload' | 'sender', path: string, problem: string) {
    const where = path === '' ? `the ${what}` : `the ${what} at ${path}`
    super(
      `${String(signal)} has durable receivers, and ${where} cannot be stored: ${problem} Send plain data: objects, ` +
        'lists, text, finite numbers, true, false, null, and a Ref in the place of an entity.',
    )
    this.path = path
  }
}

/** A payload is longer than what is stored. Nobody was called, and the transaction can go on. */
export class PayloadTooLargeError extends AldisError {
  readonly code = 'PAYLOAD_TOO_LARGE'
  readonly bytes: number

  constructor(signal: AnySignal, bytes: number, limit: number) {
    super(
      `${String(signal)} has durable receivers, and the payload is ${bytes} bytes long, over ${limit}. Store the data ` +
        'elsewhere and send a Ref to it.',
    )
    this.bytes = bytes
  }
}

/** A payload is not what its signal's schema says. Nobody was called, and the transaction can go on. */
export class PayloadMismatchError extends AldisError {
  readonly code = 'PAYLOAD_MISMATCH'
  readonly problems: readonly string[]

  constructor(signal: AnySignal, problems: readonly string[]) {
    super(
      `${String(signal)} has durable receivers, and the payload is not what its schema says: ${problems.join('; ')}`,
    )
    this.problems = problems
  }
}

/** The `shard` or `coalesce` of a subscription named no key for an event. Nobody was called, and the transaction can go on. */
export class ShardKeyInvalidError extends AldisError {
  readonly code = 'SHARD_KEY_INVALID'

  constructor(owner: QueueOwner, option: 'shard' | 'coalesce', problem: string, options?: ErrorOptions) {
    super(
      `The durable subscription ${owner.plugin}:${owner.subscription} has ${option}(sender, payload), which ${problem} ` +
        `It returns text of 1 to ${LONGEST_KEY} characters, or a finite number, for every payload that can be sent.`,
      options,
    )
  }
}

/** Throw it in a durable receiver whose failure no further attempt can mend: the job is parked at once. */
export class DoNotRetryError extends AldisError {
  readonly code = 'DO_NOT_RETRY'
}

/** Throw it in a durable receiver to be called again after `delayMs`, in the place of the usual delay. */
export class RetryAfterError extends AldisError {
  readonly code = 'RETRY_AFTER'
  readonly delayMs: number

  constructor(delayMs: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.delayMs = delayMs
  }
}

/** A process was to deliver alone from the embedded database, which one process at a time can have. */
export class WorkerNeedsPostgresqlError extends AldisError {
  readonly code = 'WORKER_NEEDS_POSTGRESQL'

  constructor() {
    super(
      '"aldis worker" needs PostgreSQL (DATABASE_URL): the embedded database is open in one process alone, which ' +
        'delivers by itself while it serves ("aldis run").',
    )
  }
}

/** The outbox is used before its plugin has started, or while the database is older than the code. */
export class OutboxClosedError extends AldisError {
  readonly code = 'OUTBOX_CLOSED'

  constructor() {
    super(
      'The outbox is not open. It is between the start and the stop of a host that has the plugin "outbox", when the ' +
        'database is as new as the code ("aldis db upgrade").',
    )
  }
}
