import { appendFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

import { SubscriptionMap, type Subscriptions } from '@aldis/core'
import type { IModels, PluginModels } from '@aldis/models'
import { namespace, type Meta, type Signal } from '@aldis/signals'
import { z } from 'zod'

import type { CallLine, CrashPlan } from './crash-plan.ts'
import type { KillSwitch } from './kill-switch.ts'
import { randomOf } from './random.ts'
import { shardOf } from './shard-order.ts'

/** Longer than anybody waits. */
const HANG_MS = 60_000

interface Payload {
  readonly id: string
  /** The receiver fails when it is called for the first time. */
  readonly fails: boolean
}

export const happened: Signal<'crash', Payload> = namespace('crash').declare('happened', {
  senders: ['crash'],
  payload: z.object({ id: z.string(), fails: z.boolean() }),
})

/** Keeps in the database which events were sent, and in a file for which of them its receiver was called. */
export class CrashPlugin implements IModels {
  readonly #plan: CrashPlan
  readonly #killSwitch: KillSwitch
  readonly #random
  /** How many calls have returned. */
  returned = 0
  /** Receivers that are called do not return before they are told to. */
  hangs = false
  /** How many calls of those have not. */
  hanging = 0

  constructor(plan: CrashPlan, killSwitch: KillSwitch) {
    this.#plan = plan
    this.#killSwitch = killSwitch
    this.#random = randomOf(plan.seed)
  }

  getModels(): PluginModels {
    const up = ['create table crash_event (id text primary key)']
    return { entities: [], migrations: [{ name: '0001_crash', up }] }
  }

  getSignalSubscriptions(): Subscriptions {
    return new SubscriptionMap().on(happened, this.#receive, {
      id: 'record',
      delivery: 'durable',
      ...(this.#plan.shards && {
        shard: (_sender: string, { id }: Payload) => shardOf(id),
        // Those behind it wait.
        retryDelayMs: 1,
      }),
    })
  }

  readonly #receive = async (_sender: string, { id, fails }: Payload, meta?: Meta): Promise<void> => {
    this.#tell('called', id, meta)
    this.#killSwitch.reach('receiver call')
    if (this.hangs) await this.#hang(meta?.signal)
    await pause(this.#random.whole(0, 5))
    if (fails && meta?.event?.attempt === 1) throw new Error('not the first time')
    this.#tell('returns', id, meta)
    this.#killSwitch.reach('receiver return')
    this.returned += 1
  }

  async #hang(signal: AbortSignal | undefined): Promise<void> {
    this.hanging += 1
    try {
      await pause(HANG_MS, undefined, { signal })
    } finally {
      this.hanging -= 1
    }
  }

  /** In one write, which a kill cannot divide. It is in the file when this returns, whatever becomes of the process. */
  #tell(what: CallLine['what'], id: string, meta: Meta | undefined): void {
    const { id: eventId = '', attempt = 0 } = meta?.event ?? {}
    const { child, log } = this.#plan
    const line: CallLine = { what, child, id, eventId, attempt, at: Date.now() }
    appendFileSync(log, `${JSON.stringify(line)}\n`)
  }
}
