import type { Meta, Receiver } from './receiver.ts'
import type { SendAsyncOptions } from './signal.ts'

/** The meta of a call that nothing limits. Whoever looks gets a signal of their own. */
const UNLIMITED: Meta = {
  get signal() {
    return new AbortController().signal
  },
}

/** The longest that a timer can wait, nearly 25 days. More is no limit. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Call a receiver and wait until it settles, its time is up, or the caller
 * aborts; in the last two cases what comes later is ignored.
 */
export async function callAndWait(
  call: Receiver,
  sender: unknown,
  payload: unknown,
  { timeoutMs = Infinity, signal }: SendAsyncOptions,
  late: (timeoutMs: number) => Error,
): Promise<unknown> {
  const timed = timeoutMs <= MAX_TIMER_MS
  if (!timed && !signal) return call(sender, payload, UNLIMITED)
  signal?.throwIfAborted()
  const controller = new AbortController()
  const given = controller.signal
  const giveUp = (): void => controller.abort(signal?.aborted ? signal.reason : late(timeoutMs))
  const timer = timed ? setTimeout(giveUp, timeoutMs) : undefined
  signal?.addEventListener('abort', giveUp)
  try {
    return await new Promise((resolve, reject) => {
      given.onabort = () => reject(given.reason)
      // Inside the executor a synchronous throw rejects like any other.
      Promise.resolve(call(sender, payload, { signal: given })).then(resolve, reject)
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}
