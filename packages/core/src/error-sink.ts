import type { ReceiverError } from './host.ts'
import type { Logger } from './logger.ts'

/** Which receivers' failures come out of robust sends, in tests: all, or these. */
type Raising = 'all' | ReadonlySet<unknown>

let raising: Raising | undefined

/** Let the failures of `receivers` come out of robust sends until the result is disposed. For the testing kit. */
export function raiseFailures(receivers: Raising): Disposable {
  const before = raising
  raising = receivers
  return { [Symbol.dispose]: () => void (raising = before) }
}

/** The one place where receivers' failures arrive that their senders do not see. */
export class ErrorSink {
  readonly #logger: Logger
  readonly #onReceiverError: (failure: ReceiverError) => void

  constructor(logger: Logger, onReceiverError: ((failure: ReceiverError) => void) | undefined) {
    this.#logger = logger
    this.#onReceiverError = onReceiverError ?? ((failure) => this.#log(failure))
  }

  /** Report the failure of `receiver`. Throws nothing of its own; in a test that asks for it, the failure itself. */
  report(failure: ReceiverError, receiver: unknown): void {
    if (raising === 'all' || raising?.has(receiver)) throw failure.error
    try {
      this.#onReceiverError(failure)
    } catch (error) {
      this.#log(failure)
      this.#logger.error({ err: error }, 'onReceiverError threw')
    }
  }

  #log({ signal, plugin, subscription, error }: ReceiverError): void {
    this.#logger.error({ err: error, signal: String(signal), plugin, subscription }, 'a receiver failed')
  }
}
