import type { AnyReceiver } from '@aldis/signals'

import { raiseFailures } from '../error-sink.ts'

/**
 * Let what `receivers` (or all) throw come out of robust sends and of sends that
 * wait for commit receivers, until the result is disposed: in a test, a failure should be seen.
 * What no sender waits for cannot come out of a send: a synchronous send's commit receivers
 * report to the host's error sink as ever. Needs a host.
 *
 * @example
 * ```ts
 * import { receiversRaiseOnSend } from '@aldis/core/testing'
 *
 * using raising = receiversRaiseOnSend()
 * ```
 */
export function receiversRaiseOnSend(receivers?: Iterable<AnyReceiver>): Disposable {
  return raiseFailures(receivers === undefined ? 'all' : new Set<unknown>(receivers))
}
