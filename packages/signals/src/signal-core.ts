import { callAndWait } from './call-and-wait.ts'
import { createEntry, senderOf, type HostConnectOptions } from './connect-options.ts'
import type { Connection, ConnectOptions } from './connection.ts'
import { ConnectionTable } from './connection-table.ts'
import type { Declaration } from './declaration.ts'
import { isAsync, isInline, receiverOf, resolve, type Entry } from './entry.ts'
import { EntryConnection } from './entry-connection.ts'
import { AsyncReceiverError, InvalidReceiverError, RecursionError } from './errors.ts'
import { createWatchers, type Watchers } from './namespace-events.ts'
import { isThenable, type AnyReceiver, type Receiver } from './receiver.ts'
import type { SharedRuntime } from './runtime.ts'
import { BRAND, type HostView } from './signal-brand.ts'
import type {
  AnySignal,
  DisconnectOptions,
  ReceiverConnected,
  ReceiverDisconnected,
  RobustResult,
  SendAsyncOptions,
  SendMethod,
  SendResult,
  Signal,
} from './signal.ts'
import { whenDone } from './when-done.ts'

/** What a signal shares with its namespace. */
export interface SignalHome {
  readonly name: string
  readonly events: Watchers
  readonly shared: SharedRuntime
}

/** The one implementation of {@link Signal}. */
export class SignalCore implements Signal, HostView {
  readonly [BRAND]: HostView = this
  name: string
  declaration: Declaration | undefined
  readonly table = new ConnectionTable()
  readonly #home: SignalHome
  readonly #meta: { connected?: SignalCore; disconnected?: SignalCore } = {}
  #mutes = 0
  #depth = 0

  constructor(name: string, home: SignalHome) {
    this.name = name
    this.#home = home
  }

  get namespace(): string {
    return this.#home.name
  }

  get doc(): string | undefined {
    return this.declaration?.doc
  }

  toString(): string {
    return `${this.namespace}:${this.name}`
  }

  // Who listens

  get isHeard(): boolean {
    return this.table.quick?.length !== 0
  }

  get hasReceivers(): boolean {
    return this.table.buckets().some((bucket) => bucket.values().some(resolve))
  }

  hasReceiversFor(sender: unknown): boolean {
    return this.table.bucketFor(sender).all.some(resolve)
  }

  receiversFor(sender: unknown): Receiver[] {
    return this.table.bucketFor(sender).all.filter(resolve).map(receiverOf)
  }

  get receiverConnected(): Signal<AnySignal, ReceiverConnected> {
    return this.#metaSignal('connected')
  }

  get receiverDisconnected(): Signal<AnySignal, ReceiverDisconnected> {
    return this.#metaSignal('disconnected')
  }

  #metaSignal(what: 'connected' | 'disconnected'): SignalCore {
    return (this.#meta[what] ??= new SignalCore(`${this.name}.receiver_${what}`, {
      ...this.#home,
      // Nobody can watch these: the namespace tells the same of every signal.
      events: createWatchers(() => {}),
    }))
  }

  #tell(
    what: 'connected' | 'disconnected',
    entry: Entry,
    more?: { readonly weak: boolean },
    sender = entry.sender,
  ): void {
    const fact = { receiver: receiverOf(entry), sender, ...more }
    this.#home.events.emit(what, { signal: this, ...fact })
    this.#meta[what]?.send(this, fact)
  }

  // Connecting

  connect(receiver: unknown, options: ConnectOptions = {}, host: HostConnectOptions = {}): Connection {
    let entry = createEntry(this, receiver, options, host)
    const { weak = false, signal } = options
    const connection = new EntryConnection(this, weak, signal)
    if (signal?.aborted) return connection
    entry = this.table.connect(entry, weak)
    connection.hold(entry)
    try {
      this.#tell('connected', entry, { weak })
    } catch (error) {
      connection.disconnect()
      throw error
    }
    return connection
  }

  connectVia(sender: unknown, options: Omit<ConnectOptions, 'sender'> = {}) {
    return <R>(receiver: R): R => {
      this.connect(receiver, { ...options, sender })
      return receiver
    }
  }

  connectedTo(receiver: unknown, options?: ConnectOptions): Connection
  connectedTo<T>(receiver: unknown, options: ConnectOptions, body: () => T): T
  connectedTo<T>(receiver: unknown, options?: ConnectOptions, body?: () => T): Connection | T {
    const connection = this.connect(receiver, options)
    return body ? whenDone(body, () => connection.disconnect()) : connection
  }

  disconnect(
    receiver: AnyReceiver | { readonly dispatchUid: string },
    options: DisconnectOptions = {},
  ): boolean {
    const identity = typeof receiver === 'function' ? receiver : receiver?.dispatchUid
    if (identity === undefined) throw new InvalidReceiverError(this, receiver)
    const sender = senderOf(options)
    const entry = this.table.disconnect(identity, sender, options.thisArg)
    if (entry) this.#tell('disconnected', entry, undefined, sender)
    return entry !== undefined
  }

  /** Undo one connect, by its handle. */
  release(entry: Entry, weak: boolean): void {
    if (this.table.release(entry, weak)) this.#tell('disconnected', entry)
  }

  muted(): Disposable
  muted<T>(body: () => T): T
  muted<T>(body?: () => T): Disposable | T {
    this.#mutes++
    this.table.touch()
    let open = 1
    const unmute = (): void => {
      this.#mutes -= open
      open = 0
    }
    return body ? whenDone(body, unmute) : { [Symbol.dispose]: unmute }
  }

  // Sending

  notify(sender: unknown, payload: unknown): void {
    this.#send('notify', sender, payload)
  }

  send(sender: unknown, payload: unknown): SendResult<unknown, unknown> {
    const results: SendResult<unknown, unknown> = []
    this.#send('send', sender, payload, results)
    return results
  }

  sendRobust(sender: unknown, payload: unknown): RobustResult<unknown, unknown>[] {
    const settled: RobustResult<unknown, unknown>[] = []
    this.#send('sendRobust', sender, payload, undefined, settled)
    return settled
  }

  sendAsync(
    sender: unknown,
    payload: unknown,
    options?: SendAsyncOptions,
  ): Promise<SendResult<unknown, unknown>> {
    const results: SendResult<unknown, unknown> = []
    return this.#sendAsync(results, 'sendAsync', sender, payload, options, results)
  }

  sendRobustAsync(
    sender: unknown,
    payload: unknown,
    options?: SendAsyncOptions,
  ): Promise<RobustResult<unknown, unknown>[]> {
    const settled: RobustResult<unknown, unknown>[] = []
    return this.#sendAsync(settled, 'sendRobustAsync', sender, payload, options, undefined, settled)
  }

  /** A synchronous send that adds to `results`, to `settled`, or to neither. */
  #send(
    method: SendMethod,
    sender: unknown,
    payload: unknown,
    results?: SendResult<unknown, unknown>,
    settled?: RobustResult<unknown, unknown>[],
  ): void {
    const { quick } = this.table
    if (quick) this.#walk(quick, sender, payload, results, settled)
    else this.#sendWithCare(method, sender, payload, results, settled)
  }

  /** Apart from the quick way, so that the engine puts that in place of each call. */
  #sendWithCare(
    method: SendMethod,
    sender: unknown,
    payload: unknown,
    results?: SendResult<unknown, unknown>,
    settled?: RobustResult<unknown, unknown>[],
  ): void {
    const walk = (entries: readonly Entry[]): void => this.#walk(entries, sender, payload, results, settled)
    const { plain } = this.table.bucketFor(sender)
    if (plain) walk(plain)
    else void this.#dispatch(method, sender, payload, undefined, walk)
  }

  /** Call each of `entries` that is still there. */
  #walk(
    entries: readonly Entry[],
    sender: unknown,
    payload: unknown,
    results?: SendResult<unknown, unknown>,
    settled?: RobustResult<unknown, unknown>[],
  ): void {
    this.#check(this.#depth)
    this.#depth++
    try {
      for (const entry of entries) {
        const call = entry.call ?? resolve(entry)
        // Compared, because asking whether a function is true costs this loop a tenth of its time.
        if (call === undefined) continue
        try {
          const value = call(sender, payload)
          if (value !== undefined) this.#adopt(entry, value)
          results?.push([receiverOf(entry), value])
          settled?.push({ receiver: receiverOf(entry), status: 'fulfilled', value })
        } catch (reason) {
          this.#reject(entry, reason, settled, this.#depth - 1)
        }
      }
    } finally {
      this.#depth--
    }
  }

  /** A promise is nobody's to await here: its rejection is a failure of the receiver. */
  #adopt(entry: Entry, value: unknown): void {
    if (isThenable(value))
      value.then(undefined, (reason: unknown) => this.#home.shared.runtime?.failed(this, entry, reason))
  }

  /** An asynchronous send that adds to `results` or to `settled`, and returns that `list` once it is done. */
  async #sendAsync<L>(
    list: L,
    method: SendMethod,
    sender: unknown,
    payload: unknown,
    options: SendAsyncOptions = {},
    results?: SendResult<unknown, unknown>,
    settled?: RobustResult<unknown, unknown>[],
  ): Promise<L> {
    const runtime = this.#home.shared.runtime
    const depth = runtime?.depth() ?? 0
    this.#check(depth)
    const walk = async (entries: readonly Entry[]): Promise<void> => {
      for (const entry of entries) {
        const call = resolve(entry)
        if (!call) continue
        // What the receiver does before its first await is nested in this signal's other dispatches.
        this.#check(this.#depth)
        this.#depth++
        const settling = callAndWait(this, entry, options, (meta) => call(sender, payload, meta))
        this.#depth--
        try {
          const value = await settling
          results?.push([receiverOf(entry), value])
          settled?.push({ receiver: receiverOf(entry), status: 'fulfilled', value })
        } catch (reason) {
          this.#reject(entry, reason, settled, depth)
        }
      }
    }
    await this.#dispatch(method, sender, payload, options, (inline) =>
      runtime ? runtime.nest(depth + 1, () => walk(inline)) : walk(inline),
    )
    return list
  }

  /** Dispatches of one signal, and asynchronous sends of all, may be nested in each other `limit` deep. */
  #check(depth: number, limit = 100): void {
    if (depth >= limit) throw new RecursionError(this)
  }

  /** Let a send happen: when it is not muted, with the other deliveries, and watched if someone watches. */
  #dispatch(
    method: SendMethod,
    sender: unknown,
    payload: unknown,
    options: SendAsyncOptions | undefined,
    walk: (inline: readonly Entry[]) => void | Promise<void>,
  ): void | Promise<void> {
    if (this.#mutes) return
    const bucket = this.table.bucketFor(sender)
    const { all } = bucket
    const inline = all.filter(isInline)
    const async = !options && inline.find(isAsync)
    if (async) throw new AsyncReceiverError(this, method, receiverOf(async))
    const send = { signal: this, method, sender, payload }
    const serving = all.length > inline.length && this.#home.shared.runtime
    const run = (): void | Promise<void> =>
      serving ? serving.serve({ ...send, options, all }, () => walk(inline)) : walk(inline)
    if (this.#home.events.watchSends()) {
      const start = performance.now()
      return whenDone(run, (failure) =>
        this.#home.events.emit('sent', {
          ...send,
          receivers: all.length,
          durationMs: performance.now() - start,
          ...failure,
        }),
      )
    }
    // Where nobody is, no receiver is async: what an asynchronous send finds then holds for all sends.
    if (all.length === (options ? 0 : inline.length)) bucket.plain = all
    return run()
  }

  /** Add a failure to `settled`, or throw it where there is no such thing. */
  #reject(
    entry: Entry,
    reason: unknown,
    settled: RobustResult<unknown, unknown>[] | undefined,
    depth: number,
  ): void {
    // Endless recursion ends where it began: else each level would start it anew.
    if (!settled || (depth && reason instanceof RecursionError)) throw reason
    this.#home.shared.runtime?.failed(this, entry, reason)
    settled.push({ receiver: receiverOf(entry), status: 'rejected', reason })
  }
}
