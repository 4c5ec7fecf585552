import type { ReceiverError } from './host.ts'
import type { Logger } from './logger.ts'
import { isThenable } from './thenable.ts'

/** Which receivers' failures come out of robust sends, in tests: all, or these. */
type Raising = 'all' | ReadonlySet<unknown>

let raising: Raising | undefined

/** Let the failures of `receivers` come out of sends until the result is disposed. For the testing kit. */
export function raiseFailures(receivers: Raising): Disposable {
  const before = raising
  raising = receivers
  return { [Symbol.dispose]: () => void (raising = before) }
}

/** The one place where receivers' failures arrive that their senders do not see. */
export class ErrorSink {
  readonly #logger: Logger
  /** A host's own sink may turn out to be an async function. */
  readonly #onReceiverError: (failure: ReceiverError) => unknown

  constructor(logger: Logger, onReceiverError: ((failure: ReceiverError) => void) | undefined) {
    this.#logger = logger
    this.#onReceiverError = onReceiverError ?? ((failure) => this.#log(failure))
  }

  /**
   * Report the failure of `receiver`. Throws nothing of its own; in a test that asks for it the failure itself,
   * where a sender is `awaited` that can get it.
   */
  report(failure: ReceiverError, receiver: unknown, awaited = true): void {
    if (awaited && (raising === 'all' || raising?.has(receiver))) throw failure.error
    const threw = (error: unknown): void => {
      this.#log(failure)
      this.#logger.error({ err: error }, 'onReceiverError threw')
    }
    try {
      const reported = this.#onReceiverError(failure)
      if (isThenable(reported)) reported.then(undefined, threw)
    } catch (error) {
      threw(error)
    }
  }

  #log({ signal, plugin, subscription, error }: ReceiverError): void {
    this.#logger.error({ err: error, signal: String(signal), plugin, subscription }, 'a receiver failed')
  }
}
