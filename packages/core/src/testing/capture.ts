import type { Signal } from '@aldis/signals'

/** One send that was recorded. */
export interface CapturedSend<S, P> {
  readonly sender: S
  readonly payload: P
}

/** The sends of one signal since {@link capture}. Disposing it ends the recording. */
export interface Captured<S, P> extends Disposable {
  readonly sends: readonly CapturedSend<S, P>[]
}

/**
 * Record what is sent through `signal`, before any other receiver hears it,
 * until the result is disposed.
 *
 * @example
 * ```ts
 * import { signals } from '@aldis/core'
 * import { capture } from '@aldis/core/testing'
 *
 * using captured = capture(signals.userCreated)
 * signals.userCreated.send('ada', { user: { id: 'u1', name: 'ada' } })
 * console.log(captured.sends.length, captured.sends[0]?.sender)
 * ```
 *
 * ```text
 * 1 ada
 * ```
 */
export function capture<S, P>(signal: Signal<S, P>): Captured<S, P> {
  const sends: CapturedSend<S, P>[] = []
  const record = (sender: S, payload: P): void => {
    sends.push({ sender, payload })
  }
  const connection = signal.connect(record, { priority: Infinity })
  return { sends, [Symbol.dispose]: () => connection.disconnect() }
}
