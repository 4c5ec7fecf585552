import { receiverOf, type Entry } from './entry.ts'
import { ReceiverTimeoutError } from './errors.ts'
import type { Meta } from './receiver.ts'
import type { AnySignal, SendAsyncOptions } from './signal.ts'

/** Longer than any timer can wait, nearly 25 days: no limit. */
const MAX_TIMER_MS = 2 ** 31

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
  const timer = timeoutMs < MAX_TIMER_MS ? setTimeout(late, timeoutMs) : undefined
  try {
    given.throwIfAborted()
    return await Promise.race([
      call({ signal: given }),
      new Promise((_, reject) => {
        given.onabort = () => reject(given.reason)
      }),
    ])
  } finally {
    clearTimeout(timer)
  }
}
