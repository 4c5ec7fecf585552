/**
 * What a plugin host needs of signals and an application does not: deliveries
 * other than inline, the failures of robust sends, and who is connected.
 *
 * @module
 */
import type { HostConnectOptions } from './connect-options.ts'
import type { Connection, ConnectOptions } from './connection.ts'
import { inCallOrder, isInline, receiverOf, resolve, type Entry } from './entry.ts'
import type { Namespace } from './namespace.ts'
import type { AnyReceiver } from './receiver.ts'
import { registry } from './registry.ts'
import type { ConnectionInfo, Dispatch, EntryDispatch, EntryRuntime, Runtime } from './runtime.ts'
import { BRAND, isSignal, type HostView } from './signal-brand.ts'
import type { AnySignal } from './signal.ts'

export type { HostConnectOptions } from './connect-options.ts'
export type { ConnectionInfo, Dispatch, ReceiverFailure, Runtime } from './runtime.ts'
export type { SendMethod } from './signal.ts'

/** Connect `receiver` to `signal` for a delivery, with a function that is called in its place. */
export function connectForHost(
  signal: AnySignal,
  receiver: AnyReceiver,
  options: ConnectOptions & HostConnectOptions,
): Connection {
  const { delivery, invoke, ...connect } = options
  return viewOf(signal).connect(receiver, connect, {
    ...(delivery !== undefined && { delivery }),
    ...(invoke !== undefined && { invoke }),
  })
}

/** Everything that is connected to `signal`, in call order. */
export function connectionsOf(signal: AnySignal): ConnectionInfo[] {
  const entries = [...viewOf(signal).table.buckets()].flatMap((bucket) => [...bucket.values()])
  return inCallOrder(entries).filter(resolve).map(infoOf)
}

/** Every namespace of the process, in the order in which they were first asked for. */
export function namespaces(): Namespace[] {
  return [...registry.namespaces.values()]
}

/** Let `runtime` serve all signals of the process until the result is disposed; undefined when another does. */
export function installRuntime(runtime: Runtime): Disposable | undefined {
  if (registry.runtime !== undefined) return undefined
  const installed = overEntries(runtime)
  registry.runtime = installed
  return {
    [Symbol.dispose]() {
      if (registry.runtime === installed) registry.runtime = undefined
    },
  }
}

function viewOf(signal: AnySignal): HostView {
  if (isSignal(signal)) return signal[BRAND]
  throw new TypeError('Not a signal of @aldis/signals.')
}

/** `runtime` as signals ask for it. */
function overEntries(runtime: Runtime): EntryRuntime {
  const informed = ({ all, options = {}, ...send }: EntryDispatch): Dispatch => ({
    ...send,
    options,
    deferred: all.filter((entry) => !isInline(entry)).map(infoOf),
  })
  return {
    serve: (dispatch, inline) =>
      dispatch.options
        ? runtime.sendAsync(informed(dispatch), async () => inline())
        : runtime.send(informed(dispatch), inline),
    failed: (signal, entry, reason) =>
      runtime.failed({
        signal,
        receiver: receiverOf(entry),
        dispatchUid: entry.dispatchUid,
        reason,
      }),
    depth: () => runtime.depth(),
    nest: (depth, body) => runtime.nest(depth, body),
  }
}

const known = new WeakMap<Entry, ConnectionInfo>()

/** What a host is shown of `entry`: the same object each time. */
function infoOf(entry: Entry): ConnectionInfo {
  const info =
    known.get(entry) ??
    ({
      get receiver() {
        return receiverOf(entry)
      },
      sender: entry.sender,
      dispatchUid: entry.dispatchUid,
      priority: entry.priority,
      delivery: entry.delivery,
      get weak() {
        return entry.strong === 0
      },
      invoke: (sender, payload, meta) => resolve(entry)?.(sender, payload, meta),
      get connected() {
        return resolve(entry) !== undefined
      },
    } satisfies ConnectionInfo)
  known.set(entry, info)
  return info
}
