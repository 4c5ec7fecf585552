import { messageOf } from '@aldis/core'
import { ReceiverTimeoutError } from '@aldis/signals'

import { problemsOf } from './durable-delivery.ts'
import { versionOf, type StoredEvent } from './stored-event.ts'
import { senderOf } from './stored-sender.ts'
import type { DurableSubscription } from './subscriptions.ts'

/** What became of an attempt. A failed job is tried again while it has attempts left; `delayMs` replaces the usual wait. */
export type Attempt =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly delayMs?: number }
  | { readonly kind: 'parked'; readonly error: unknown }

/** The event cannot be delivered by whatever is tried again: the job is parked. */
class Undeliverable extends Error {}

/**
 * Call the receiver of `subscription` for `event`. `claim` is aborted when the job is no longer this process's.
 * Never rejects.
 */
export async function attemptDelivery(
  subscription: DurableSubscription,
  event: StoredEvent,
  attempt: number,
  claim: AbortSignal,
): Promise<Attempt> {
  try {
    const sender = senderOf(event.sender)
    if (sender === undefined) {
      throw new Undeliverable(
        `No loaded plugin has the entity that sent it: ${JSON.stringify(event.sender)}.`,
      )
    }
    const payload = await payloadOf(subscription, event)
    await call(subscription, event, attempt, sender, payload, claim)
    return { kind: 'delivered' }
  } catch (error) {
    return failureOf(error)
  }
}

async function call(
  subscription: DurableSubscription,
  event: StoredEvent,
  attempt: number,
  sender: unknown,
  payload: unknown,
  claim: AbortSignal,
): Promise<void> {
  const { bound, options, plugin } = subscription
  const { timeoutMs } = options
  const late = new AbortController()
  let aborted: AbortSignal | undefined
  const meta = {
    // Made for those who ask: it costs more than all the rest.
    get signal() {
      return (aborted ??= AbortSignal.any([claim, late.signal]))
    },
    event: { id: event.eventId, attempt, sentAt: new Date(event.sentAt) },
  }
  const called: unknown = bound.call(sender, payload, meta)
  if (!isPromiseLike(called)) return
  const { promise: deadline, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const error = new ReceiverTimeoutError(bound.signal, { name: `${plugin}:${bound.id}` }, timeoutMs)
    late.abort(error)
    reject(error)
  }, timeoutMs)
  try {
    await Promise.race([called, deadline])
  } finally {
    clearTimeout(timer)
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** The payload as the schema of today has it. */
async function payloadOf({ bound: { signal } }: DurableSubscription, event: StoredEvent): Promise<unknown> {
  const { declaration } = signal
  const schema = declaration?.payload
  if (schema === undefined) throw new Undeliverable(`${event.signal} is declared without a schema now.`)
  const stored: unknown = JSON.parse(event.payload)
  const { version } = event
  const now = versionOf(signal)
  const upgrade = declaration?.upgrade
  const parse = async (value: unknown): Promise<{ value: unknown } | { problems: string[] }> => {
    const result = await schema['~standard'].validate(value)
    return result.issues ? { problems: problemsOf(result.issues) } : { value: result.value }
  }
  // What is upgraded is not parsed before: an old payload may pass, and mean something else.
  const asIs = version < now && upgrade ? undefined : await parse(stored)
  if (asIs && 'value' in asIs) return asIs.value
  if (version > now) {
    throw new Error(
      `The payload is of version ${version}, and this process knows ${now}: it waits for newer code.`,
    )
  }
  const upgraded = upgrade ? await parse(await upgradedBy(upgrade, stored, version)) : asIs
  if (upgraded && 'value' in upgraded) return upgraded.value
  throw new Undeliverable(
    `The stored payload (version ${version}) is not what the schema of ${event.signal} (version ${now}) says` +
      `${upgrade ? ', nor after its upgrade' : ', and its declaration has no upgrade'}: ${upgraded?.problems.join('; ')}`,
  )
}

async function upgradedBy(
  upgrade: (old: unknown, from: number) => unknown,
  stored: unknown,
  version: number,
): Promise<unknown> {
  try {
    return await upgrade(stored, version)
  } catch (error) {
    throw new Undeliverable(`The upgrade of the stored payload failed: ${messageOf(error)}`, { cause: error })
  }
}

/** By their codes: another installed copy of this package may have thrown them. */
function failureOf(error: unknown): Attempt {
  if (error instanceof Undeliverable) return { kind: 'parked', error }
  if (typeof error !== 'object' || error === null || !('code' in error)) return { kind: 'failed', error }
  if (error.code === 'DO_NOT_RETRY') return { kind: 'parked', error }
  if (error.code === 'RETRY_AFTER' && 'delayMs' in error && typeof error.delayMs === 'number') {
    return { kind: 'failed', error, delayMs: error.delayMs }
  }
  return { kind: 'failed', error }
}
