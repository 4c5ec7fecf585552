import { ANY } from './any.ts'
import { inCallOrder } from './bucket.ts'
import { callAndWait } from './call-and-wait.ts'
import { checkConnect, type HostConnectOptions } from './connect-options.ts'
import type { Connection, ConnectOptions } from './connection.ts'
import { ConnectionTable } from './connection-table.ts'
import type { Declaration } from './declaration.ts'
import { isLive, receiverOf, resolve, type Entry } from './entry.ts'
import { EntryConnection } from './entry-connection.ts'
import { AsyncReceiverError, InvalidReceiverError, ReceiverTimeoutError, RecursionError } from './errors.ts'
import type { Watchers } from './namespace-events.ts'
import { isThenable, type AnyReceiver, type Receiver } from './receiver.ts'
import type { Dispatch, EntryRuntime } from './runtime.ts'
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

/** How many dispatches of one signal, or asynchronous sends of any, may be nested in each other. */
const MAX_DEPTH = 100

/** Has a runtime serve the deliveries of a send other than `inline`. */
type Serve<R> = (runtime: EntryRuntime, dispatch: Dispatch<Entry>, inner: () => R) => R

const SYNC: Serve<void> = (runtime, dispatch, inner) => runtime.send(dispatch, inner)
const ASYNC: Serve<Promise<void>> = (runtime, dispatch, inner) => runtime.sendAsync(dispatch, inner)

/** What a signal shares with its namespace. */
export interface SignalHome {
  readonly name: string
  readonly watchers: Watchers
  runtime(): EntryRuntime | undefined
}

/** The one implementation of {@link Signal}. */
export class SignalCore implements Signal, HostView {
  name: string
  declaration: Declaration | undefined
  readonly #home: SignalHome
  readonly #table = new ConnectionTable(() => this.refresh())
  /** What every synchronous send may walk over without asking anything else. */
  #quick: readonly Entry[] | undefined
  /** Known to be neither muted nor watched, until the next `refresh`. */
  #calm = false
  #depth = 0
  #mutes = 0
  #receiverConnected: SignalCore | undefined
  #receiverDisconnected: SignalCore | undefined

  constructor(name: string, home: SignalHome) {
    this.name = name
    this.#home = home
  }

  get [BRAND](): HostView {
    return this
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

  /** Look at the connections, the mutes and the watchers again before the next send. */
  refresh(): void {
    this.#quick = undefined
    this.#calm = false
  }

  // Who listens

  get hasReceivers(): boolean {
    for (const entry of this.#table) if (isLive(entry)) return true
    return false
  }

  hasReceiversFor(sender: unknown): boolean {
    return this.#table.snapshotFor(sender).all.some(isLive)
  }

  receiversFor(sender: unknown): Receiver[] {
    return this.#table.snapshotFor(sender).all.filter(isLive).map(receiverOf)
  }

  entries(): Entry[] {
    return inCallOrder(this.#table).filter(isLive)
  }

  get receiverConnected(): Signal<AnySignal, ReceiverConnected> {
    return (this.#receiverConnected ??= new SignalCore(`${this.name}.receiver_connected`, this.#home))
  }

  get receiverDisconnected(): Signal<AnySignal, ReceiverDisconnected> {
    return (this.#receiverDisconnected ??= new SignalCore(`${this.name}.receiver_disconnected`, this.#home))
  }

  // Connecting

  connect(receiver: unknown, options: ConnectOptions = {}, host: HostConnectOptions = {}): Connection {
    const checked = checkConnect(this, receiver, options, host)
    const { weak = false, signal: abort } = options
    const connection = new EntryConnection(this, weak, abort)
    if (abort?.aborted) return connection
    const sender = senderOf(options)
    const entry = this.#table.connect(sender, weak, checked)
    connection.hold(entry)
    const connected = { receiver: receiverOf(entry), sender, weak }
    this.#home.watchers.emit('connected', { signal: this, ...connected })
    try {
      this.#receiverConnected?.send(this, connected)
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
    const entry = this.#table.disconnect(identity, sender, options.thisArg)
    if (entry) this.#ended(entry, sender)
    return entry !== undefined
  }

  /** Undo one connect, by its handle. */
  release(entry: Entry, weak: boolean): void {
    if (this.#table.release(entry, weak)) this.#ended(entry, entry.bucket.sender)
  }

  #ended(entry: Entry, sender: unknown): void {
    const receiver = receiverOf(entry)
    this.#home.watchers.emit('disconnected', { signal: this, receiver, sender })
    this.#receiverDisconnected?.send(this, { receiver, sender })
  }

  muted(): Disposable
  muted<T>(body: () => T): T
  muted<T>(body?: () => T): Disposable | T {
    let by = 1
    const turn = (): void => {
      this.#mutes += by
      this.refresh()
    }
    turn()
    by = -1
    const unmute = (): void => {
      turn()
      by = 0
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
    const results: RobustResult<unknown, unknown>[] = []
    this.#dispatch('sendRobust', sender, payload, undefined, SYNC, (entries) => {
      for (const entry of entries) {
        const found: SendResult<unknown, unknown> = []
        try {
          this.#walk([entry], sender, payload, found)
        } catch (reason) {
          results.push(this.#rejected(entry, reason, this.#depth))
        }
        for (const [receiver, value] of found) results.push({ receiver, status: 'fulfilled', value })
      }
    })
    return results
  }

  sendAsync(
    sender: unknown,
    payload: unknown,
    options: SendAsyncOptions = {},
  ): Promise<SendResult<unknown, unknown>> {
    return this.#sendAsync('sendAsync', sender, payload, options, async (entry, settling) => [
      receiverOf(entry),
      await settling,
    ])
  }

  sendRobustAsync(
    sender: unknown,
    payload: unknown,
    options: SendAsyncOptions = {},
  ): Promise<RobustResult<unknown, unknown>[]> {
    return this.#sendAsync('sendRobustAsync', sender, payload, options, (entry, settling, depth) =>
      settling.then(
        (value) => ({ receiver: receiverOf(entry), status: 'fulfilled', value }),
        (reason: unknown) => this.#rejected(entry, reason, depth),
      ),
    )
  }

  /** `notify`, and `send` when there are `results` to add to. */
  #send(
    method: SendMethod,
    sender: unknown,
    payload: unknown,
    results?: SendResult<unknown, unknown>,
  ): void {
    const entries = this.#quick ?? this.#plain(sender)
    if (entries) this.#walk(entries, sender, payload, results)
    else {
      this.#dispatch(method, sender, payload, undefined, SYNC, (inline) =>
        this.#walk(inline, sender, payload, results),
      )
    }
  }

  async #sendAsync<R>(
    method: SendMethod,
    sender: unknown,
    payload: unknown,
    options: SendAsyncOptions,
    settle: (entry: Entry, settling: Promise<unknown>, depth: number) => Promise<R>,
  ): Promise<R[]> {
    const results: R[] = []
    const runtime = this.#home.runtime()
    const depth = runtime?.depth() ?? 0
    if (depth >= MAX_DEPTH) throw new RecursionError(this, depth)
    const walk = async (entries: readonly Entry[]): Promise<void> => {
      for (const entry of entries) {
        const call = resolve(entry)
        if (!call) continue
        const late = (ms: number): Error => new ReceiverTimeoutError(this, receiverOf(entry), ms)
        // Only what the receiver does before its first await is nested in this signal's other dispatches.
        const settling = this.#nested(() => callAndWait(call, sender, payload, options, late))
        results.push(await settle(entry, settling, depth))
      }
    }
    await this.#dispatch(method, sender, payload, options, ASYNC, (inline) =>
      runtime ? runtime.nest(depth + 1, () => walk(inline)) : walk(inline),
    )
    return results
  }

  /** The entries for `sender`, when a walk over them is all there is to do. */
  #plain(sender: unknown): readonly Entry[] | undefined {
    if (!this.#calm) return undefined
    const { plain, inline } = this.#table.snapshotFor(sender)
    return plain ? inline : undefined
  }

  /** Call each of `entries` that is still there. */
  #walk(
    entries: readonly Entry[],
    sender: unknown,
    payload: unknown,
    results?: SendResult<unknown, unknown>,
  ): void {
    if (this.#depth >= MAX_DEPTH) throw new RecursionError(this, MAX_DEPTH)
    this.#depth++
    try {
      for (const entry of entries) {
        const call = entry.call ?? resolve(entry)
        if (!call) continue
        const value = call(sender, payload)
        // A promise is nobody's to await here: its rejection is a failure of the receiver.
        if (isThenable(value)) value.then(undefined, (reason: unknown) => this.#failed(entry, reason))
        results?.push([receiverOf(entry), value])
      }
    } finally {
      this.#depth--
    }
  }

  #nested<R>(body: () => R): R {
    if (this.#depth >= MAX_DEPTH) throw new RecursionError(this, MAX_DEPTH)
    this.#depth++
    try {
      return body()
    } finally {
      this.#depth--
    }
  }

  /** Let a send happen: when it is not muted, with the other deliveries, and watched if someone watches. */
  #dispatch<R>(
    method: SendMethod,
    sender: unknown,
    payload: unknown,
    options: SendAsyncOptions | undefined,
    serve: Serve<R>,
    walk: (inline: readonly Entry[]) => R,
  ): R {
    if (this.#mutes > 0) return walk([])
    const { all, inline, deferred, async, plain } = this.#table.snapshotFor(sender)
    if (async && !options) throw new AsyncReceiverError(this, method, receiverOf(async))
    const runtime = deferred.length > 0 ? this.#home.runtime() : undefined
    const inner = (): R => walk(inline)
    const run = (): R =>
      runtime ? serve(runtime, { signal: this, method, sender, payload, options: options ?? {}, deferred }, inner) : inner()
    const { watchers } = this.#home
    if (!watchers.watchSends) {
      this.#calm = true
      if (plain && this.#table.unfiltered) this.#quick = inline
      return run()
    }
    const start = performance.now()
    const receivers = all.filter(isLive).length
    return whenDone(run, (failure) =>
      watchers.emit('sent', {
        signal: this, method, sender, payload, receivers, durationMs: performance.now() - start, ...failure,
      }),
    )
  }

  #rejected(entry: Entry, reason: unknown, depth: number): RobustResult<unknown, unknown> {
    // Endless recursion ends here only where it began: else each level would start it anew.
    if (depth > 0 && reason instanceof RecursionError) throw reason
    this.#failed(entry, reason)
    return { receiver: receiverOf(entry), status: 'rejected', reason }
  }

  #failed(entry: Entry, reason: unknown): void {
    this.#home.runtime()?.failed(this, entry, reason)
  }
}

/** The sender that `options` limit to: its presence counts, whatever the value. */
function senderOf(options: { readonly sender?: unknown }): unknown {
  return 'sender' in options ? options.sender : ANY
}
