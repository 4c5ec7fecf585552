import { SubscriptionMap, signals } from '@aldis/core'

/** Sent by a number. Nobody declares it: the one who names a signal first makes it. */
const isignalNumber = signals.ckanext.signal<number>('isignal_number')

function x2(number: number): number {
  return number * 2
}

function x10(number: number): number {
  return number * 10
}

/** Two receivers on one signal: `x2` hears every sender, `x10` the sender 10 alone. */
export default class ExampleISignalPlugin {
  getSignalSubscriptions(): SubscriptionMap {
    return new SubscriptionMap().on(isignalNumber, x2).on(isignalNumber, x10, { sender: 10 })
  }
}
