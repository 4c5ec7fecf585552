import { ReceiverTimeoutError } from '@aldis/signals'
import { z } from 'zod'

import { LONGEST_TIMER_MS, withDeadline } from './deadline.ts'
import type { Delivery, DeliverySend } from './delivery.ts'
import { breakChain } from './nesting.ts'
import type { BoundSubscription } from './subscription.ts'
import type { Transaction } from './transaction.ts'

const Options = z.strictObject({ timeoutMs: z.number().positive().max(LONGEST_TIMER_MS).default(30_000) })

/** By its code: another installed copy of signals may have thrown it. */
const isRecursion = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'SEND_RECURSION'

/** Told when a receiver of this delivery failed; `awaited` when the sender waits for it. */
export type ReportFailure = (subscription: BoundSubscription, error: unknown, awaited: boolean) => void

/**
 * The delivery `commit`: after the outermost commit of the sender's
 * transaction, and never when that rolls back. Outside a transaction,
 * asynchronous sends wait for it; synchronous ones start it and go on. A crash
 * between commit and call loses it.
 */
export function commitDelivery(current: () => Transaction | undefined, report: ReportFailure): Delivery {
  const call = async (send: DeliverySend, subscription: BoundSubscription): Promise<void> => {
    const own = Options.parse(subscription.options)
    // The sender waits for this one too: not longer than it is willing to.
    const timeoutMs = Math.min(own.timeoutMs, send.options.timeoutMs ?? own.timeoutMs)
    const controller = new AbortController()
    const late = (): Error => {
      const { plugin, id } = subscription
      const error = new ReceiverTimeoutError(send.signal, { name: `${plugin}:${id}` }, timeoutMs)
      controller.abort(error)
      return error
    }
    const meta = { signal: controller.signal }
    await withDeadline(
      Promise.try(() => subscription.call(send.sender, send.payload, meta)),
      timeoutMs,
      late,
    )
  }
  /** One after another, in call order; resolves when all have settled. */
  const callAll = async (send: DeliverySend, awaited: boolean): Promise<void> => {
    for (const subscription of send.subscriptions) {
      if (!send.isConnected(subscription)) continue
      try {
        await call(send, subscription)
      } catch (error) {
        // One report says it all: whatever else the chain began fails of the same.
        if (!isRecursion(error) || breakChain()) report(subscription, error, awaited)
      }
    }
  }
  return {
    name: 'commit',
    options: Options,
    send(send, inline) {
      const transaction = current()
      transaction?.afterCommit(() => callAll(send, true))
      try {
        return inline()
      } finally {
        if (!transaction) void callAll(send, false)
      }
    },
    async sendAsync(send, inline) {
      const transaction = current()
      transaction?.afterCommit(() => callAll(send, true))
      try {
        return await inline()
      } finally {
        if (!transaction) await callAll(send, true)
      }
    },
  }
}
