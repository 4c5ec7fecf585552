import { AsyncLocalStorage } from 'node:async_hooks'

import type { ConnectionInfo, Dispatch, ReceiverFailure, Runtime } from '@aldis/signals/host'

import type { Delivery, DeliverySend } from './delivery.ts'
import type { BoundSubscription } from './subscription.ts'

const nesting = new AsyncLocalStorage<number>()

/** What the runtime asks of the host. */
export interface RuntimeHost {
  /** Every delivery but `inline`, in the order of registration. */
  readonly deliveries: ReadonlyMap<string, Delivery>
  /** The subscription that was connected under `dispatchUid`. */
  subscription(dispatchUid: string | undefined): BoundSubscription | undefined
  /** A receiver failed where its sender does not see it. */
  failed(failure: ReceiverFailure): void
}

/** Serves sends for the host: hands what is not inline to its delivery, the first registered innermost. */
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
    return nesting.getStore() ?? 0
  }

  nest<R>(depth: number, body: () => R): R {
    return nesting.run(depth, body)
  }

  *#sends(dispatch: Dispatch): Generator<[Delivery, DeliverySend]> {
    const { signal, sender, payload, method, options } = dispatch
    for (const [name, delivery] of this.#host.deliveries) {
      const connections = new Map<BoundSubscription, ConnectionInfo>()
      for (const connection of dispatch.deferred) {
        const subscription = connection.delivery === name && this.#host.subscription(connection.dispatchUid)
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
