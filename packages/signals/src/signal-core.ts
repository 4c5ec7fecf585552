import { ANY } from './any.ts'
import type { ConnectOptions, Connection } from './connection.ts'
import { ConnectionTable } from './connection-table.ts'
import type { Declaration } from './declaration.ts'
import { callAll, callAndWait, collect, settle } from './dispatch.ts'
import type { FailureSink, SendMethod, Walk } from './dispatch.ts'
import { byCallOrder, isLive, type Entry } from './entry.ts'
import { EntryConnection, NEVER_CONNECTED } from './entry-connection.ts'
import { checkConnect, type HostConnectOptions } from './entry-options.ts'
import { AsyncReceiverError, InvalidReceiverError, ReceiverTimeoutError, RecursionError } from './errors.ts'
import type { Watchers } from './namespace-events.ts'
import { isReceiver, isThenable, receiverName, type Receiver } from './receiver.ts'
import type { ConnectionInfo, Runtime } from './runtime.ts'
import { BRAND, type HostView } from './signal-brand.ts'
import type {
  AnySignal,
  DisconnectOptions,
  ReceiverConnected,
  ReceiverDisconnected,
  RobustResult,
  SendAsyncOptions,
  SendResult,
  Signal,
} from './signal.ts'

/** How many dispatches of one signal, or asynchronous sends of any, may be nested in each other. */
const MAX_DEPTH = 100

const NOBODY: readonly Entry[] = []

/** What a signal shares with its namespace. */
export interface SignalHome {
  readonly name: string
  readonly watchers: Watchers
  runtime(): Runtime | undefined
}

/** The one implementation of {@link Signal}. */
export class SignalCore implements Signal, FailureSink {
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

  get [BRAND](): HostView {
    return this
  }

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

  /** Look at the connections, the mutes and the watchers again before the next send. */
  refresh(): void {
    this.#quick = undefined
    this.#calm = false
  }

  // Who listens

  get hasReceivers(): boolean {
    return !this.#table.empty
  }

  hasReceiversFor(sender: unknown): boolean {
    const { inline, deferred } = this.#table.snapshotFor(sender)
    return inline.some(isLive) || deferred.some(isLive)
  }

  receiversFor(sender: unknown): Receiver[] {
    const { inline, deferred } = this.#table.snapshotFor(sender)
    const all = deferred.length === 0 ? inline : [...inline, ...deferred].sort(byCallOrder)
    return all.filter(isLive).map((entry) => entry.receiver)
  }

  /** Everything that is connected, in call order. */
  connections(): ConnectionInfo[] {
    return this.#table.list().map(([entry, sender]) => infoOf(entry, sender))
  }

  get receiverConnected(): Signal<AnySignal, ReceiverConnected> {
    return (this.#receiverConnected ??= new SignalCore(`${this.name}.receiver_connected`, this.#home))
  }

  get receiverDisconnected(): Signal<AnySignal, ReceiverDisconnected> {
    return (this.#receiverDisconnected ??= new SignalCore(`${this.name}.receiver_disconnected`, this.#home))
  }

  // Connecting

  connect(receiver: unknown, options: ConnectOptions = {}, host: HostConnectOptions = {}): Connection {
    const checked = checkConnect(String(this), receiver, options, host)
    const sender = 'sender' in options ? options.sender : ANY
    const abort = options.signal
    if (abort?.aborted) return NEVER_CONNECTED
    const entry = this.#table.connect(sender, checked)
    const connection = new EntryConnection(entry, sender, abort, (live, from) => {
      if (this.#table.release(live, from, checked.weak)) this.#ended(live, from)
    })
    this.#home.watchers.emit('connected', { signal: this, receiver: checked.receiver, sender })
    try {
      this.#receiverConnected?.send(this, { receiver: checked.receiver, sender, weak: checked.weak })
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
    return body === undefined ? connection : whenDone(body, () => connection.disconnect())
  }

  disconnect(receiver: unknown, where: DisconnectOptions = {}): boolean {
    const identity = isReceiver(receiver) ? receiver : uidOf(receiver)
    if (identity === undefined) throw new InvalidReceiverError(String(this), receiver)
    const [first] = this.#table.disconnect(identity, where)
    if (first !== undefined) this.#ended(first, 'sender' in where ? where.sender : ANY)
    return first !== undefined
  }

  #ended({ receiver }: Entry, sender: unknown): void {
    this.#home.watchers.emit('disconnected', { signal: this, receiver, sender })
    this.#receiverDisconnected?.send(this, { receiver, sender })
  }

  muted(): Disposable
  muted<T>(body: () => T): T
  muted<T>(body?: () => T): Disposable | T {
    this.#mutes++
    this.refresh()
    let open = true
    const unmute = (): void => {
      if (!open) return
      open = false
      this.#mutes--
      this.refresh()
    }
    return body === undefined ? { [Symbol.dispose]: unmute } : whenDone(body, unmute)
  }

  // Sending

  notify(sender: unknown, payload: unknown): void {
    const quick = this.#quick ?? this.#plain(sender)
    if (quick === undefined) this.#ask('notify', sender, payload, callAll)
    else this.#walk(callAll, quick, sender, payload)
  }

  send(sender: unknown, payload: unknown): SendResult<unknown, unknown> {
    const quick = this.#quick ?? this.#plain(sender)
    if (quick === undefined) return this.#ask('send', sender, payload, collect)
    return this.#walk(collect, quick, sender, payload)
  }

  sendRobust(sender: unknown, payload: unknown): RobustResult<unknown, unknown>[] {
    return this.#ask('sendRobust', sender, payload, settle)
  }

  sendAsync(
    sender: unknown,
    payload: unknown,
    options: SendAsyncOptions = {},
  ): Promise<SendResult<unknown, unknown>> {
    return this.#askAsync('sendAsync', sender, payload, options, async ({ receiver }, settling) => [
      receiver,
      await settling,
    ])
  }

  sendRobustAsync(
    sender: unknown,
    payload: unknown,
    options: SendAsyncOptions = {},
  ): Promise<RobustResult<unknown, unknown>[]> {
    return this.#askAsync('sendRobustAsync', sender, payload, options, (entry, settling) =>
      settling.then(
        (value) => ({ receiver: entry.receiver, status: 'fulfilled', value }),
        (reason: unknown) => {
          this.failed(entry, reason)
          return { receiver: entry.receiver, status: 'rejected', reason }
        },
      ),
    )
  }

  failed({ receiver, dispatchUid }: Entry, reason: unknown): void {
    this.#home.runtime()?.failed({ signal: this, receiver, dispatchUid, reason })
  }

  /** The entries for `sender`, when a walk over them is all there is to do. */
  #plain(sender: unknown): readonly Entry[] | undefined {
    if (!this.#calm) return undefined
    const { plain, inline } = this.#table.snapshotFor(sender)
    return plain ? inline : undefined
  }

  /** Every guard but the mute, which counts nobody, around one synchronous walk. */
  #walk<R>(walk: Walk<R>, entries: readonly Entry[], sender: unknown, payload: unknown): R {
    if (this.#depth >= MAX_DEPTH) throw new RecursionError(String(this), MAX_DEPTH)
    this.#depth++
    try {
      return walk(entries, sender, payload, this)
    } finally {
      this.#depth--
    }
  }

  /** A synchronous send that first asks whether it is muted, watched, or has other deliveries to serve. */
  #ask<R>(method: SendMethod, sender: unknown, payload: unknown, walk: Walk<R>): R {
    if (this.#mutes > 0) return walk(NOBODY, sender, payload, this)
    const { inline, deferred, async, plain } = this.#table.snapshotFor(sender)
    if (async) throw new AsyncReceiverError(String(this), method, receiverName(async.receiver))
    const inner = (): R => this.#walk(walk, inline, sender, payload)
    const runtime = deferred.length > 0 ? this.#home.runtime() : undefined
    const run = runtime
      ? () => runtime.send(this.#dispatch(method, sender, payload, {}, deferred), inner)
      : inner
    if (this.#home.watchers.watchSends) return this.#timed(method, sender, payload, run)
    this.#calm = true
    if (plain && this.#table.unfiltered) this.#quick = inline
    return run()
  }

  async #askAsync<R>(
    method: SendMethod,
    sender: unknown,
    payload: unknown,
    options: SendAsyncOptions,
    settle: (entry: Entry, settling: Promise<unknown>) => Promise<R>,
  ): Promise<R[]> {
    const { inline, deferred } = this.#table.snapshotFor(sender)
    const results: R[] = []
    if (this.#mutes > 0) return results
    const runtime = this.#home.runtime()
    const depth = runtime?.depth() ?? 0
    if (depth >= MAX_DEPTH) throw new RecursionError(String(this), depth)
    const walk = async (): Promise<R[]> => {
      for (const entry of inline) {
        const call = entry.active && entry.resolve()
        if (call) results.push(await settle(entry, this.#wait(entry, call, sender, payload, options)))
      }
      return results
    }
    const inner = (): Promise<R[]> => (runtime ? runtime.nest(depth + 1, walk) : walk())
    const run = (): Promise<R[]> =>
      runtime && deferred.length > 0
        ? runtime.sendAsync(this.#dispatch(method, sender, payload, options, deferred), inner)
        : inner()
    return this.#home.watchers.watchSends ? this.#timed(method, sender, payload, run) : run()
  }

  /** Call one receiver of an asynchronous send; its synchronous part counts as nested. */
  #wait(
    entry: Entry,
    call: Receiver,
    sender: unknown,
    payload: unknown,
    options: SendAsyncOptions,
  ): Promise<unknown> {
    const late = (timeoutMs: number): Error =>
      new ReceiverTimeoutError(String(this), receiverName(entry.receiver), timeoutMs)
    return this.#walk(() => callAndWait(call, sender, payload, options, late), NOBODY, sender, payload)
  }

  #dispatch(
    method: SendMethod,
    sender: unknown,
    payload: unknown,
    options: SendAsyncOptions,
    deferred: readonly Entry[],
  ) {
    return { signal: this, method, sender, payload, options, deferred: deferred.map((entry) => infoOf(entry, sender)) }
  }

  /** Run a send and tell the watchers when it is done. */
  #timed<R>(method: SendMethod, sender: unknown, payload: unknown, run: () => R): R {
    const start = performance.now()
    const receivers = this.receiversFor(sender).length
    return whenDone(run, (failure) =>
      this.#home.watchers.emit('sent', {
        signal: this,
        method,
        sender,
        payload,
        receivers,
        durationMs: performance.now() - start,
        ...failure,
      }),
    )
  }
}

function infoOf(entry: Entry, sender: unknown): ConnectionInfo {
  const { receiver, dispatchUid, priority, delivery, weak } = entry
  return {
    receiver,
    sender,
    dispatchUid,
    priority,
    delivery,
    weak,
    invoke: (from, payload, meta) => entry.resolve()?.(from, payload, meta),
    get connected() {
      return isLive(entry)
    },
  }
}

function uidOf(value: unknown): string | undefined {
  return typeof value === 'object' &&
    value !== null &&
    'dispatchUid' in value &&
    typeof value.dispatchUid === 'string'
    ? value.dispatchUid
    : undefined
}

/** Run `body` and call `done` after it: at once, or when the promise it returned settles. */
function whenDone<T>(body: () => T, done: (failure?: { readonly error: unknown }) => void): T {
  let result: T
  try {
    result = body()
  } catch (error) {
    done({ error })
    throw error
  }
  if (isThenable(result)) result.then(() => done(), (error: unknown) => done({ error }))
  else done()
  return result
}
