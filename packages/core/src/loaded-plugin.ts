import type { Meta, Receiver } from '@aldis/signals'
import type { StandardSchemaV1 } from '@standard-schema/spec'

import type { CheckedSubscription, Subscriber } from './checked-subscription.ts'
import { withDeadline } from './deadline.ts'
import type { Command } from './interfaces/icommands.ts'
import type { Logger } from './logger.ts'
import { deepFreeze } from './payload-freezing.ts'
import { PluginTimeoutError } from './plugin-errors.ts'
import type { PluginPackage } from './plugin-info.ts'
import { isThenable } from './thenable.ts'

const NONE: readonly never[] = Object.freeze([])

/**
 * One plugin from its construction to its unload, and everything that the host
 * holds for it. {@link LoadedPlugin.dispose} undoes whatever of that there is.
 */
export class LoadedPlugin implements Subscriber {
  readonly package: PluginPackage
  /** The plugin's object; itself until it is constructed. */
  instance: object = this
  interfaces: readonly string[] = NONE
  commands: readonly Command[] = NONE
  subscriptions: readonly CheckedSubscription[] = NONE
  /** The plugins whose deliveries its subscriptions use. */
  providers: readonly string[] = NONE
  /** Whether observers were told that it is there. */
  observed = false
  /** Whether its `start` was called. */
  started = false
  /** The schema of its settings. */
  settings: StandardSchemaV1 | undefined
  loadMs = 0
  readonly #required: readonly string[]
  readonly #freezing: boolean
  readonly #hostLogger: Logger
  // Most plugins ask for none of these: each is made when it is first asked for.
  #logger: Logger | undefined
  #abort: AbortController | undefined
  #resources: AsyncDisposableStack | undefined
  #running: Set<PromiseLike<unknown>> | undefined
  #leaving = false
  #closed = false

  constructor(pack: PluginPackage, logger: Logger, freezePayloads: boolean) {
    this.#freezing = freezePayloads
    this.package = pack
    this.#hostLogger = logger
    const required = Object.keys(pack.requires)
    this.#required = required.length > 0 ? required : NONE
  }

  get name(): string {
    return this.package.name
  }

  /** The plugins that it cannot be without: those it requires, and those whose deliveries it uses. */
  get requirements(): readonly string[] {
    return this.providers.length > 0 ? [...this.#required, ...this.providers] : this.#required
  }

  get logger(): Logger {
    return (this.#logger ??= this.#hostLogger.child({ plugin: this.name }))
  }

  /** Aborted when the plugin is disposed. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#leaving) this.#abort.abort()
    return this.#abort.signal
  }

  get resources(): AsyncDisposableStack {
    this.#resources ??= new AsyncDisposableStack()
    // What were added now would never be disposed; a disposed stack refuses it.
    if (this.#closed && !this.#resources.disposed) void this.#resources.disposeAsync()
    return this.#resources
  }

  call(receiver: Receiver, sender: unknown, payload: unknown, meta: Meta | undefined): unknown {
    if (this.#freezing) deepFreeze(payload)
    const value = receiver.call(this.instance, sender, payload, meta)
    if (isThenable(value)) this.waitFor(value)
    return value
  }

  /** Have the plugin's disposal wait until `work` has settled. */
  waitFor(work: PromiseLike<unknown>): void {
    const running = (this.#running ??= new Set())
    running.add(work)
    const done = (): void => void running.delete(work)
    work.then(done, done)
  }

  /** Connect every subscription. When one cannot be, those before it are connected until {@link unbind}. */
  bind(): void {
    for (const subscription of this.subscriptions) subscription.connect()
  }

  /** Disconnect every subscription; what others throw who are told of that is returned. */
  unbind(): readonly unknown[] {
    let errors: unknown[] | undefined
    for (let index = this.subscriptions.length - 1; index >= 0; index--) {
      const subscription = this.subscriptions[index]
      try {
        subscription?.disconnect()
      } catch (error) {
        errors = [...(errors ?? NONE), error]
      }
    }
    return errors ?? NONE
  }

  /**
   * Abort the plugin's signal, wait at most `timeoutMs` for what of it runs, and
   * dispose its resources, last added first.
   */
  async dispose(timeoutMs: number): Promise<void> {
    this.#leaving = true
    this.#abort?.abort()
    const running = this.#running
    if (running && running.size > 0) {
      const late = (): Error => new PluginTimeoutError(this.name, 'what it was running', timeoutMs)
      try {
        await withDeadline(Promise.allSettled(running), timeoutMs, late)
      } catch (error) {
        this.logger.warn({ err: error, running: running.size }, 'unloaded while some of it still runs')
      }
    }
    this.#closed = true
    if (this.#resources === undefined) return
    const late = (): Error => new PluginTimeoutError(this.name, 'closing its resources', timeoutMs)
    await withDeadline(this.#resources.disposeAsync(), timeoutMs, late)
  }
}
