import { defineInterface, type Interface } from '../interface.ts'
import type { Subscriptions } from '../subscription.ts'

/** Implemented by plugins that listen to signals. */
export interface ISignal {
  /** Asked for once per load. Return what the plugin listens to; do nothing else. */
  getSignalSubscriptions(): Subscriptions
}

export const ISignal: Interface<ISignal> = defineInterface<ISignal>('aldis:ISignal', [
  'getSignalSubscriptions',
])
