/** The receivers of the model of the outbox: they do what a program says, and tell how they were called. */
import { AsyncLocalStorage } from 'node:async_hooks'

import { SubscriptionMap, type Subscriptions } from '@aldis/core'
import { DoNotRetryError, RetryAfterError } from '@aldis/outbox'
import { namespace, type Meta, type Signal } from '@aldis/signals'
import { z } from 'zod'

export const SUBSCRIPTIONS = ['plain', 'serial', 'strict', 'newest', 'note'] as const
export type Subscription = (typeof SUBSCRIPTIONS)[number]

/** What a receiver does when it is called. */
export const ACTS = ['fail', 'park', 'later', 'hang'] as const
export type Act = (typeof ACTS)[number]

export const Change = z.object({ shard: z.string(), item: z.string(), n: z.number() })
/** `n` counts what is sent. */
export type Change = z.output<typeof Change>

const model = namespace('outbox_model')
/** Reaches all subscriptions but `note`. */
export const changed: Signal<'web', Change> = model.declare('changed', { payload: Change })
/** Reaches `note` alone. */
export const noted: Signal<'web', Change> = model.declare('noted', { payload: Change })

export const ATTEMPTS = 3

/** One call of a receiver. */
export interface Call {
  readonly subscription: Subscription
  readonly eventId: string
  readonly change: Change
  readonly payload: string
  readonly attempt: number
  /** Which worker called it. */
  readonly worker: number
  state: 'open' | 'returned' | 'failed'
  /** Whether its claim was taken from it, by time or by a stop. */
  lost: boolean
}

/** The worker that the running code belongs to. */
export const workers: AsyncLocalStorage<number> = new AsyncLocalStorage()

/** Hears all calls of a program. */
export class Witness {
  readonly calls: Call[] = []
  /** What receivers saw that must not be. */
  readonly broken: string[] = []
  readonly #acts = new Map<Subscription, Act[]>()
  readonly #hanging = new Map<Call, () => void>()

  /** The next call of `subscription` for which nothing is planned yet does `act`; others return. */
  plan(subscription: Subscription, act: Act): void {
    this.#acts.set(subscription, [...(this.#acts.get(subscription) ?? []), act])
  }

  /** From now on all calls return. */
  forgetPlans(): void {
    this.#acts.clear()
  }

  /** Those that hang. */
  get hanging(): readonly Call[] {
    return [...this.#hanging.keys()]
  }

  /** Let `calls` go on, and return or fail. */
  wake(calls: readonly Call[], how: 'returned' | 'failed'): void {
    for (const call of calls) {
      call.state = how
      this.#hanging.get(call)?.()
      this.#hanging.delete(call)
    }
  }

  async receive(subscription: Subscription, change: Change, meta: Meta | undefined): Promise<void> {
    const call: Call = {
      subscription,
      eventId: meta?.event?.id ?? '',
      change,
      payload: JSON.stringify(change),
      attempt: meta?.event?.attempt ?? 0,
      worker: workers.getStore() ?? -1,
      state: 'open',
      lost: false,
    }
    this.#refuseSecond(call)
    this.calls.push(call)
    const [act, ...later] = this.#acts.get(subscription) ?? []
    this.#acts.set(subscription, later)
    if (act === 'hang') {
      await new Promise<void>((resolve) => this.#hanging.set(call, resolve))
      if (call.state === 'failed') throw new Error('woke up, and failed')
      return
    }
    await new Promise((resolve) => setImmediate(resolve))
    call.state = act === undefined ? 'returned' : 'failed'
    if (act === 'park') throw new DoNotRetryError('never')
    if (act === 'later') throw new RetryAfterError(90_000, 'later')
    if (act === 'fail') throw new Error('not now')
  }

  /** A job, and a shard, has one claim at a time. */
  #refuseSecond(call: Call): void {
    const same = ({ subscription, eventId, change }: Call): boolean =>
      subscription === call.subscription &&
      (eventId === call.eventId ||
        (!['plain', 'note'].includes(subscription) && change.shard === call.change.shard))
    const other = this.calls.find((known) => known.state === 'open' && !known.lost && same(known))
    if (other) {
      this.broken.push(`${nameOf(call)} was called while ${nameOf(other)} was claimed and running`)
    }
  }
}

export function nameOf({ subscription, change, attempt, worker }: Call): string {
  return `${subscription} ${change.shard}/${change.item}=${change.n} (attempt ${attempt}, worker ${worker})`
}

/** The plugin with the receivers; each program gives it another witness. */
export class Subject {
  witness = new Witness()

  getSignalSubscriptions(): Subscriptions {
    // Who hangs does so for as long as the program says, on a slow machine too.
    const usual = {
      delivery: 'durable',
      attempts: ATTEMPTS,
      retryDelayMs: 60_000,
      timeoutMs: 3_600_000,
    } as const
    const shard = (_sender: 'web', change: Change): string => change.shard
    const coalesce = (_sender: 'web', change: Change): string => change.item
    const receiver = (id: Subscription) => (_sender: 'web', change: Change, meta?: Meta) =>
      this.witness.receive(id, change, meta)
    return new SubscriptionMap()
      .on(changed, receiver('plain'), { ...usual, id: 'plain' })
      .on(changed, receiver('serial'), { ...usual, id: 'serial', shard })
      .on(changed, receiver('strict'), { ...usual, id: 'strict', shard, whenParked: 'hold' })
      .on(changed, receiver('newest'), { ...usual, id: 'newest', shard, coalesce })
      .on(noted, receiver('note'), { ...usual, id: 'note' })
  }
}
