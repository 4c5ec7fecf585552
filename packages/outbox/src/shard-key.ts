import { messageOf } from '@aldis/core'

import { LONGEST_KEY, ShardKeyInvalidError } from './outbox-errors.ts'
import type { DurableSubscription } from './subscriptions.ts'

/** Where an event belongs among those for the same receiver. */
export interface ShardOfEvent {
  readonly shard?: string
  readonly coalesce?: string
  readonly hold?: true
}

/**
 * The shard of an event for `subscription`, and what it is about; both are left out where that has no shards.
 *
 * @throws ShardKeyInvalidError when a function of the subscription throws, or returns no key
 */
export function shardOf(subscription: DurableSubscription, sender: unknown, payload: unknown): ShardOfEvent {
  if (!subscription.inShards) return {}
  const shard = keyOf(subscription, 'shard', sender, payload)
  const coalesce = keyOf(subscription, 'coalesce', sender, payload)
  const own = shard ?? coalesce
  return {
    ...(own !== undefined && { shard: own }),
    ...(coalesce !== undefined && { coalesce }),
    ...(subscription.options.whenParked === 'hold' && { hold: true }),
  }
}

function keyOf(
  subscription: DurableSubscription,
  option: 'shard' | 'coalesce',
  sender: unknown,
  payload: unknown,
): string | undefined {
  const key = subscription.options[option]
  if (key === undefined) return undefined
  let value: unknown
  try {
    value = key(sender, payload)
  } catch (error) {
    const problem = `threw for this one: ${messageOf(error)}.`
    throw new ShardKeyInvalidError(subscription, option, problem, { cause: error })
  }
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (typeof value !== 'string')
    throw new ShardKeyInvalidError(subscription, option, `returned ${kindOf(value)}.`)
  const problem = problemOf(value)
  if (problem !== undefined) throw new ShardKeyInvalidError(subscription, option, `returned ${problem}.`)
  return value
}

function kindOf(value: unknown): string {
  if (typeof value === 'number') return `the number ${value}`
  return value === undefined || value === null ? String(value) : `a value of the type ${typeof value}`
}

/** What keeps `key` out of the database, if anything does. */
function problemOf(key: string): string | undefined {
  if (key === '') return 'an empty text'
  if (key.length > LONGEST_KEY) return `a text of ${key.length} characters`
  return key.includes('\0') || !key.isWellFormed()
    ? 'a text that is not well-formed Unicode without NUL'
    : undefined
}
