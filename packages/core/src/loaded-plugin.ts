import { ANY, type Connection, type Meta, type Receiver } from '@aldis/signals'
import { connectForHost } from '@aldis/signals/host'
import type { StandardSchemaV1 } from '@standard-schema/spec'

import { withDeadline } from './deadline.ts'
import type { Delivery } from './delivery.ts'
import type { Command } from './interfaces/icommands.ts'
import type { Logger } from './logger.ts'
import { deepFreeze } from './payload-freezing.ts'
import { PluginTimeoutError } from './plugin-errors.ts'
import type { PluginPackage } from './plugin-info.ts'
import type { BoundSubscription } from './subscription.ts'
import type { Subscriber } from './subscription-check.ts'

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** The key of a subscription among the connections of its signal. */
export function dispatchUidOf({ plugin, id }: BoundSubscription): string {
  return `${plugin}:${id}`
}

/**
 * One plugin from its construction to its unload, and everything that the host
 * holds for it. {@link LoadedPlugin.dispose} undoes whatever of that there is.
 */
export class LoadedPlugin implements Subscriber {
  readonly package: PluginPackage
  /** The plugin's object; itself until it is constructed. */
  instance: object = this
  interfaces: readonly string[] = []
  commands: readonly Command[] = []
  deliveries: readonly Delivery[] = []
  subscriptions: readonly BoundSubscription[] = []
  /** Whether observers were told that it is there. */
  observed = false
  /** The schema of its settings. */
  settings: StandardSchemaV1 | undefined
  loadMs = 0
  readonly #freezing: boolean
  readonly #hostLogger: Logger
  // Most plugins ask for none of these three: each is made when it is first asked for.
  #logger: Logger | undefined
  #abort: AbortController | undefined
  #resources: AsyncDisposableStack | undefined
  #disposed = false
  #running: Set<PromiseLike<unknown>> | undefined
  #connections: Connection[] = []
  #index: Map<string, BoundSubscription> | undefined

  constructor(pack: PluginPackage, logger: Logger, freezePayloads: boolean) {
    this.#freezing = freezePayloads
    this.package = pack
    this.#hostLogger = logger
  }

  get name(): string {
    return this.package.name
  }

  get logger(): Logger {
    return (this.#logger ??= this.#hostLogger.child({ plugin: this.name }))
  }

  /** Aborted when the plugin is disposed. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#disposed) this.#abort.abort()
    return this.#abort.signal
  }

  get resources(): AsyncDisposableStack {
    return (this.#resources ??= new AsyncDisposableStack())
  }

  call(receiver: Receiver, sender: unknown, payload: unknown, meta: Meta | undefined): unknown {
    if (this.#freezing) deepFreeze(payload)
    const value = receiver.call(this.instance, sender, payload, meta)
    if (isThenable(value)) {
      const running = (this.#running ??= new Set())
      running.add(value)
      const done = (): void => void running.delete(value)
      value.then(done, done)
    }
    return value
  }

  /** Connect every subscription, and enter it in `index` by its dispatchUid. When one cannot be, none is. */
  bind(index: Map<string, BoundSubscription>): void {
    this.#index = index
    try {
      for (const subscription of this.subscriptions) {
        index.set(dispatchUidOf(subscription), subscription)
        this.#connections.push(connect(subscription))
      }
    } catch (error) {
      this.unbind()
      throw error
    }
  }

  unbind(): void {
    for (const connection of this.#connections.reverse()) connection.disconnect()
    for (const subscription of this.subscriptions) this.#index?.delete(dispatchUidOf(subscription))
    this.#connections = []
  }

  /**
   * Disconnect the plugin, abort its signal, wait at most `timeoutMs` for what
   * of it runs, and dispose its resources, last added first.
   */
  async dispose(timeoutMs: number): Promise<void> {
    this.unbind()
    this.#disposed = true
    this.#abort?.abort()
    const running = this.#running
    if (running && running.size > 0) {
      const late = (): Error => new PluginTimeoutError(this.name, 'its running receivers', timeoutMs)
      try {
        await withDeadline(Promise.allSettled(running), timeoutMs, late)
      } catch (error) {
        this.logger.warn({ err: error, receivers: running.size }, 'unloaded while receivers still run')
      }
    }
    await this.#resources?.disposeAsync()
  }
}

function connect(subscription: BoundSubscription): Connection {
  const { signal, receiver, filtered, sender, priority, delivery, call } = subscription
  return connectForHost(signal, receiver, {
    sender: filtered ? sender : ANY,
    dispatchUid: dispatchUidOf(subscription),
    priority,
    delivery,
    invoke: call,
  })
}
