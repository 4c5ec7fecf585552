import { receiverOf, type Entry } from './entry.ts'
import { ReceiverTimeoutError } from './errors.ts'
import type { Meta } from './receiver.ts'
import type { AnySignal, SendAsyncOptions } from './signal.ts'

/**
 * Do `call` of the receiver of `entry`, connected to `of`, and wait until it settles, its time is up,
 * or the caller aborts; in the last two cases what comes later is ignored.
 */
export async function callAndWait(
  of: AnySignal,
  entry: Entry,
  { timeoutMs = Infinity, signal }: SendAsyncOptions,
  call: (meta: Meta) => unknown,
): Promise<unknown> {
  const limit = new AbortController()
  const given = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal
  const late = (): void => limit.abort(new ReceiverTimeoutError(of, receiverOf(entry), timeoutMs))
  // No timer can wait longer than that, nearly 25 days: it is no limit.
  const timer = timeoutMs < 2 ** 31 ? setTimeout(late, timeoutMs) : undefined
  let stop = (): void => undefined
  try {
    given.throwIfAborted()
    return await Promise.race([
      call({ signal: given }),
      new Promise((_, reject) => {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason may be the caller's own
        stop = () => reject(given.reason)
        given.addEventListener('abort', stop)
      }),
    ])
  } finally {
    clearTimeout(timer)
    // Left in place, it would keep `given` for as long as the caller's signal lives.
    given.removeEventListener('abort', stop)
  }
}
