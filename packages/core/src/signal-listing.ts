import { ANY, type AnySignal } from '@aldis/signals'
import { connectionsOf, namespaces, type ConnectionInfo } from '@aldis/signals/host'
import { fileURLToPath } from 'node:url'

import type { LoadedPlugin } from './loaded-plugin.ts'
import { isInside } from './plugin-discovery.ts'
import type { ReceiverInfo, SignalInfo } from './signal-info.ts'
import type { BoundSubscription } from './subscription.ts'

/** A sender as text: values as they are written, classes and entities by their name. */
function senderLabel(sender: unknown): string {
  if (typeof sender === 'string') return sender
  if (typeof sender === 'function') return sender.name || 'function'
  if (typeof sender !== 'object' || sender === null) return String(sender)
  const name: unknown = Reflect.get(sender, 'name')
  return typeof name === 'string' ? name : (sender.constructor?.name ?? 'object')
}

/** Every signal of the process, by namespace and in order of declaration, with who listens. */
export function listSignals(
  plugins: readonly LoadedPlugin[],
  subscription: (dispatchUid: string | undefined) => BoundSubscription | undefined,
): SignalInfo[] {
  return namespaces().flatMap((namespace) =>
    [...namespace].map((signal) => describe(signal, plugins, subscription)),
  )
}

function describe(
  signal: AnySignal,
  plugins: readonly LoadedPlugin[],
  subscription: (dispatchUid: string | undefined) => BoundSubscription | undefined,
): SignalInfo {
  const { declaration } = signal
  const key = String(signal)
  return {
    key,
    signal,
    declared: declaration !== undefined,
    publisher: declaration && publisherOf(signal, plugins),
    declaredAt: declaration?.declaredAt,
    doc: declaration?.doc,
    senders: declaration?.senders?.map(senderLabel),
    delivery: declaration?.delivery ?? 'inline',
    alias: declaration?.alias,
    deprecated: declaration?.deprecated,
    receivers: connectionsOf(signal).map((connection) =>
      receiverInfo(key, connection, subscription(connection.dispatchUid), declaration?.senders),
    ),
  }
}

function receiverInfo(
  signal: string,
  connection: ConnectionInfo,
  bound: BoundSubscription | undefined,
  senders: readonly unknown[] | undefined,
): ReceiverInfo {
  const { receiver, sender, delivery, priority, weak, dispatchUid } = connection
  const filtered = sender !== ANY
  return {
    plugin: bound?.plugin,
    id: bound?.id ?? dispatchUid ?? (receiver.name || 'anonymous'),
    signal,
    receiver,
    sender: filtered ? senderLabel(sender) : undefined,
    senderUnreachable: filtered && senders !== undefined && !senders.includes(sender),
    delivery,
    priority,
    weak,
  }
}

/** Who declares `signal`: the plugin in whose folder the declaration is written, else core for its own namespaces. */
function publisherOf({ declaration }: AnySignal, plugins: readonly LoadedPlugin[]): string | undefined {
  const at = declaration?.declaredAt?.replace(/:\d+$/, '')
  if (at === undefined) return undefined
  const file = at.startsWith('file:') ? fileURLToPath(at) : at
  const owner = plugins.find(({ package: { folder } }) => folder !== undefined && isInside(file, folder))
  if (owner !== undefined) return owner.name
  return isInside(file, import.meta.dirname) ? 'core' : undefined
}
