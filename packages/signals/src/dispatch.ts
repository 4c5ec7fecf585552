import type { Entry } from './entry.ts'
import { isThenable, type Meta, type Receiver } from './receiver.ts'
import type { RobustResult, SendAsyncOptions, SendResult } from './signal.ts'

/** The ways to send, by the name of the method. */
export type SendMethod = 'send' | 'sendAsync' | 'sendRobust' | 'sendRobustAsync' | 'notify'

/** Takes what a receiver threw or rejected with when the sender does not get it, or gets it settled. */
export interface FailureSink {
  failed(entry: Entry, reason: unknown): void
}

/** A synchronous way through the entries. */
export type Walk<R> = (
  entries: readonly Entry[],
  sender: unknown,
  payload: unknown,
  sink: FailureSink,
) => R

/** A promise from a synchronous call is nobody's: its rejection goes to the sink. */
function adopt(value: unknown, entry: Entry, sink: FailureSink): void {
  if (isThenable(value)) value.then(undefined, (reason: unknown) => sink.failed(entry, reason))
}

/** The function that `entry` is to be called with now; undefined when it is gone. */
const target = (entry: Entry): Receiver | undefined =>
  entry.active ? (entry.call ?? entry.resolve()) : undefined

/** `notify`: call all, keep nothing. */
export const callAll: Walk<void> = (entries, sender, payload, sink) => {
  for (const entry of entries) {
    const call = target(entry)
    if (call === undefined) continue
    const value = call(sender, payload)
    if (typeof value === 'object') adopt(value, entry, sink)
  }
}

/** `send`: call all, keep what they return. */
export const collect: Walk<SendResult<unknown, unknown>> = (entries, sender, payload, sink) => {
  const results: SendResult<unknown, unknown> = []
  for (const entry of entries) {
    const call = target(entry)
    if (call === undefined) continue
    const value = call(sender, payload)
    if (typeof value === 'object') adopt(value, entry, sink)
    results.push([entry.receiver, value])
  }
  return results
}

/** `sendRobust`: call all, keep what became of each. */
export const settle: Walk<RobustResult<unknown, unknown>[]> = (entries, sender, payload, sink) => {
  const results: RobustResult<unknown, unknown>[] = []
  for (const entry of entries) {
    const { receiver } = entry
    const call = target(entry)
    if (call === undefined) continue
    try {
      const value = call(sender, payload)
      adopt(value, entry, sink)
      results.push({ receiver, status: 'fulfilled', value })
    } catch (reason) {
      sink.failed(entry, reason)
      results.push({ receiver, status: 'rejected', reason })
    }
  }
  return results
}

/** The meta of a call that nothing limits: its signal exists once someone looks. */
class UnlimitedMeta implements Meta {
  #signal: AbortSignal | undefined
  get signal(): AbortSignal {
    return (this.#signal ??= new AbortController().signal)
  }
}

/**
 * Call `receiver` and wait until it settles, its time is up, or the caller
 * aborts; in the last two cases a later result is ignored.
 */
export async function callAndWait(
  call: Receiver,
  sender: unknown,
  payload: unknown,
  { timeoutMs, signal }: SendAsyncOptions,
  late: (timeoutMs: number) => Error,
): Promise<unknown> {
  if (timeoutMs === undefined && signal === undefined) {
    return await call(sender, payload, new UnlimitedMeta())
  }
  signal?.throwIfAborted()
  const controller = new AbortController()
  const abort = (): void => controller.abort(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(() => controller.abort(late(timeoutMs)), timeoutMs)
  try {
    return await new Promise((resolve, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason))
      // Inside the executor a synchronous throw rejects like any other.
      Promise.resolve(call(sender, payload, { signal: controller.signal })).then(resolve, reject)
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

