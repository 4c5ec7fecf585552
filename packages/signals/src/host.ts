/**
 * What a plugin host needs of signals and an application does not: deliveries
 * other than inline, the failures of robust sends, and who is connected.
 *
 * @module
 */
import type { ConnectOptions, Connection } from './connection.ts'
import type { HostConnectOptions } from './entry-options.ts'
import type { Namespace } from './namespace.ts'
import type { AnyReceiver } from './receiver.ts'
import { registry } from './registry.ts'
import type { ConnectionInfo, Runtime } from './runtime.ts'
import { coreOf } from './signal-brand.ts'
import type { AnySignal } from './signal.ts'

export type { HostConnectOptions } from './entry-options.ts'
export type { ConnectionInfo, Dispatch, ReceiverFailure, Runtime } from './runtime.ts'
export type { SendMethod } from './dispatch.ts'

/** Connect `receiver` to `signal` for a delivery, with a function that is called in its place. */
export function connectForHost(
  signal: AnySignal,
  receiver: AnyReceiver,
  options: ConnectOptions & HostConnectOptions,
): Connection {
  const { delivery, invoke, ...connect } = options
  return coreOf(signal).connect(receiver, connect, {
    ...(delivery !== undefined && { delivery }),
    ...(invoke !== undefined && { invoke }),
  })
}

/** Everything that is connected to `signal`, in call order. */
export function connectionsOf(signal: AnySignal): ConnectionInfo[] {
  return coreOf(signal).connections()
}

/** Every namespace of the process, in the order in which they were first asked for. */
export function namespaces(): Namespace[] {
  return [...registry.namespaces.values()]
}

/** Let `runtime` serve all signals of the process until the result is disposed; undefined when another does. */
export function installRuntime(runtime: Runtime): Disposable | undefined {
  if (registry.runtime !== undefined) return undefined
  registry.runtime = runtime
  return {
    [Symbol.dispose]() {
      if (registry.runtime === runtime) registry.runtime = undefined
    },
  }
}
