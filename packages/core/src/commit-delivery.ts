import { z } from 'zod'

import { withDeadline } from './deadline.ts'
import type { Delivery, DeliverySend } from './delivery.ts'
import { ReceiverTimeoutError } from '@aldis/signals'
import type { BoundSubscription } from './subscription.ts'
import type { Transaction } from './transaction.ts'

const Options = z.strictObject({ timeoutMs: z.number().positive().default(30_000) })

/** Told when a receiver of this delivery failed. */
export type ReportFailure = (subscription: BoundSubscription, error: unknown) => void

/**
 * The delivery `commit`: after the outermost commit of the sender's
 * transaction, and never when that rolls back. Outside a transaction,
 * asynchronous sends wait for it; synchronous ones start it and go on. A crash
 * between commit and call loses it.
 */
export function commitDelivery(current: () => Transaction | undefined, report: ReportFailure): Delivery {
  const call = async (send: DeliverySend, subscription: BoundSubscription): Promise<void> => {
    const { timeoutMs } = Options.parse(subscription.options)
    const controller = new AbortController()
    const late = (): Error => {
      const error = new ReceiverTimeoutError(send.signal, subscription.receiver, timeoutMs)
      controller.abort(error)
      return error
    }
    try {
      const meta = { signal: controller.signal }
      await withDeadline(
        Promise.try(() => subscription.call(send.sender, send.payload, meta)),
        timeoutMs,
        late,
      )
    } catch (error) {
      report(subscription, error)
    }
  }
  /** One after another, in call order; resolves when all have settled. */
  const callAll = async (send: DeliverySend): Promise<void> => {
    for (const subscription of send.subscriptions) {
      if (send.isConnected(subscription)) await call(send, subscription)
    }
  }
  return {
    name: 'commit',
    options: Options,
    send(send, inline) {
      const transaction = current()
      if (transaction) transaction.afterCommit(() => callAll(send))
      try {
        return inline()
      } finally {
        if (!transaction) void callAll(send)
      }
    },
    async sendAsync(send, inline) {
      const transaction = current()
      if (transaction) transaction.afterCommit(() => callAll(send))
      try {
        return await inline()
      } finally {
        if (!transaction) await callAll(send)
      }
    },
  }
}
