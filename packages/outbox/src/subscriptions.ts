import type { BoundSubscription } from '@aldis/core'
import { connectionsOf } from '@aldis/signals/host'

import { DurableSchema, type ParsedDurableOptions } from './durable-options.ts'
import { queueOf, shardedQueueOf, type QueueOwner } from './queue-name.ts'

/** A subscription with the delivery `durable`. */
export interface DurableSubscription extends QueueOwner {
  readonly bound: BoundSubscription
  readonly options: ParsedDurableOptions
  /** Where its events are stored. */
  readonly queue: string
  /** Whether its events are in shards, each of which is delivered in order. */
  readonly inShards: boolean
}

/** The durable subscriptions of the loaded plugins, by plugin and id. */
export class Subscriptions implements Iterable<DurableSubscription> {
  readonly #byPlugin = new Map<string, Map<string, DurableSubscription>>()
  readonly #known = new WeakMap<BoundSubscription, DurableSubscription>()

  /** A plugin that loads asks for `bound`. Whether it is connected shows later. */
  add(bound: BoundSubscription): void {
    const { plugin, id } = bound
    const own = this.#byPlugin.get(plugin) ?? new Map<string, DurableSubscription>()
    this.#byPlugin.set(plugin, own.set(id, this.of(bound)))
  }

  /** What `bound` asks for; also of a plugin that is on its way out, whose events are stored still. */
  of(bound: BoundSubscription): DurableSubscription {
    const known = this.#known.get(bound)
    if (known) return known
    const options = DurableSchema.parse(bound.options)
    const inShards = options.shard !== undefined || options.coalesce !== undefined
    const owner = { plugin: bound.plugin, subscription: bound.id }
    const queue = inShards ? shardedQueueOf(owner) : queueOf(owner)
    const made = { ...owner, bound, options, queue, inShards }
    this.#known.set(bound, made)
    return made
  }

  /** `plugin` is gone. */
  forget(plugin: string): void {
    this.#byPlugin.delete(plugin)
  }

  get({ plugin, subscription }: QueueOwner): DurableSubscription | undefined {
    return this.#byPlugin.get(plugin)?.get(subscription)
  }

  *[Symbol.iterator](): Iterator<DurableSubscription> {
    for (const own of this.#byPlugin.values()) yield* own.values()
  }
}

/** Whether the host has the subscription connected: its plugin is loaded, and not on its way out. */
export function isConnected({ bound: { signal, plugin, id } }: DurableSubscription): boolean {
  return connectionsOf(signal).some(({ dispatchUid }) => dispatchUid === `${plugin}:${id}`)
}
