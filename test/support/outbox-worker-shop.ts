/** The shop of tests with worker processes: its receivers do what the test says, in whichever process they run. */
import { SubscriptionMap, type Subscriptions } from '@aldis/core'
import { namespace, type Meta, type Signal } from '@aldis/signals'
import { z } from 'zod'

export const placed: Signal<string, { readonly label: string }> = namespace('outbox_worker_shop').declare(
  'placed',
  { payload: z.object({ label: z.string() }) },
)

export type Receiver = 'ship' | 'bill'
type Handle = (receiver: Receiver, label: string, meta: Meta | undefined) => unknown

/** A failed job waits for a minute: nobody takes it again within a test. */
const OPTIONS = { delivery: 'durable', attempts: 5, timeoutMs: 600_000 } as const

/** The plugin `shop`, whose receivers call `handle`. A job that fails in its receiver is not tried again soon. */
export function workerShop(handle: Handle): { getSignalSubscriptions(): Subscriptions } {
  return {
    getSignalSubscriptions: () =>
      new SubscriptionMap()
        .on(placed, (_sender, { label }, meta) => handle('ship', label, meta), { id: 'ship', ...OPTIONS })
        .on(placed, (_sender, { label }, meta) => handle('bill', label, meta), { id: 'bill', ...OPTIONS }),
  }
}
