import type { BoundSubscription } from '@aldis/core'
import { connectionsOf } from '@aldis/signals/host'

import type { QueueOwner } from './queue-name.ts'

/** The durable subscriptions of the loaded plugins, by plugin and id. */
export class Subscriptions implements Iterable<BoundSubscription> {
  readonly #byPlugin = new Map<string, Map<string, BoundSubscription>>()

  /** A plugin that loads asks for `subscription`. Whether it is connected shows later. */
  add(subscription: BoundSubscription): void {
    const { plugin, id } = subscription
    const own = this.#byPlugin.get(plugin) ?? new Map<string, BoundSubscription>()
    this.#byPlugin.set(plugin, own.set(id, subscription))
  }

  /** `plugin` is gone. */
  forget(plugin: string): void {
    this.#byPlugin.delete(plugin)
  }

  get({ plugin, subscription }: QueueOwner): BoundSubscription | undefined {
    return this.#byPlugin.get(plugin)?.get(subscription)
  }

  *[Symbol.iterator](): Iterator<BoundSubscription> {
    for (const own of this.#byPlugin.values()) yield* own.values()
  }
}

/** Whether the host has `subscription` connected: its plugin is loaded, and not on its way out. */
export function isConnected({ signal, plugin, id }: BoundSubscription): boolean {
  return connectionsOf(signal).some(({ dispatchUid }) => dispatchUid === `${plugin}:${id}`)
}
