import { connectionsOf, namespaces, type ConnectionInfo } from '@aldis/signals/host'

import { AldisError } from '../aldis-error.ts'

/** Receivers are connected that were not when the check began. */
export class ReceiverLeakError extends AldisError {
  readonly code = 'RECEIVER_LEAK'
  /** `namespace:name receiver` of each. */
  readonly leaks: readonly string[]

  constructor(leaks: readonly string[]) {
    super(`Receivers were left connected: ${leaks.join(', ')}. Dispose their connections.`)
    this.leaks = leaks
  }
}

/** Every connection of the process, and how a message calls it. */
function everyConnection(): Map<ConnectionInfo, string> {
  const found = new Map<ConnectionInfo, string>()
  for (const namespace of namespaces()) {
    for (const signal of namespace) {
      for (const connection of connectionsOf(signal)) {
        const { receiver, dispatchUid } = connection
        found.set(connection, `${String(signal)} ${dispatchUid ?? (receiver.name || 'anonymous')}`)
      }
    }
  }
  return found
}

/**
 * Begin a check for leaks: disposing the result throws when receivers are
 * connected, to any signal, that are not now.
 *
 * @throws ReceiverLeakError from the disposal
 *
 * @example
 * ```ts
 * import { signals } from '@aldis/core'
 * import { leakCheck } from '@aldis/core/testing'
 *
 * using check = leakCheck()
 * using connection = signals.userCreated.connect((name) => console.log(name))
 * ```
 */
export function leakCheck(): Disposable {
  const before = everyConnection()
  return {
    [Symbol.dispose]() {
      const leaks = [...everyConnection()].filter(([each]) => !before.has(each)).map(([, label]) => label)
      if (leaks.length > 0) throw new ReceiverLeakError(leaks)
    },
  }
}
