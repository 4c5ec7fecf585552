import type { ConnectionInfo, Dispatch, ReceiverFailure, Runtime } from '@aldis/signals/host'

import type { Delivery, DeliverySend } from './delivery.ts'
import { nestAt, nestingDepth } from './nesting.ts'
import type { BoundSubscription } from './subscription.ts'

/** What the runtime asks of the host. */
export interface RuntimeHost {
  /** Every delivery but `inline`, the one that wraps innermost first. */
  readonly deliveries: Iterable<Delivery>
  /** The subscription that was connected under `dispatchUid`. */
  subscription(dispatchUid: string | undefined): BoundSubscription | undefined
  /** A receiver failed where its sender does not see it. */
  failed(failure: ReceiverFailure): void
}

/** Serves sends for the host: hands what is not inline to its delivery. */
export class HostRuntime implements Runtime {
  readonly #host: RuntimeHost

  constructor(host: RuntimeHost) {
    this.#host = host
  }

  send<R>(dispatch: Dispatch, inline: () => R): R {
    let run = inline
    for (const [delivery, send] of this.#sends(dispatch)) {
      const inner = run
      run = () => delivery.send(send, inner)
    }
    return run()
  }

  sendAsync<R>(dispatch: Dispatch, inline: () => Promise<R>): Promise<R> {
    let run = inline
    for (const [delivery, send] of this.#sends(dispatch)) {
      const inner = run
      run = () => delivery.sendAsync(send, inner)
    }
    return run()
  }

  failed(failure: ReceiverFailure): void {
    this.#host.failed(failure)
  }

  depth(): number {
    return nestingDepth()
  }

  nest<R>(depth: number, body: () => R): R {
    return nestAt(depth, body)
  }

  *#sends(dispatch: Dispatch): Generator<[Delivery, DeliverySend]> {
    const { signal, sender, payload, method, options } = dispatch
    for (const delivery of this.#host.deliveries) {
      const connections = new Map<BoundSubscription, ConnectionInfo>()
      for (const connection of dispatch.deferred) {
        const mine = connection.delivery === delivery.name
        const subscription = mine ? this.#host.subscription(connection.dispatchUid) : undefined
        if (subscription) connections.set(subscription, connection)
      }
      if (connections.size === 0) continue
      const isConnected = (subscription: BoundSubscription): boolean =>
        connections.get(subscription)?.connected ?? false
      const subscriptions = [...connections.keys()]
      yield [delivery, { signal, sender, payload, method, options, subscriptions, isConnected }]
    }
  }
}
