import type { AnyReceiver } from './receiver.ts'
import type { AnySignal } from './signal.ts'

/** What every error of this package is: an `Error` with a stable `code`. */
export abstract class SignalError extends Error {
  abstract readonly code: string
  /** The signal that it is about, such as `shop:order_placed`; of an invalid name, that name. */
  declare readonly signal: string

  constructor(signal: unknown, predicate: string, facts?: object) {
    super(`"${String(signal)}" ${predicate}`)
    Object.assign(this, { signal: String(signal) }, facts)
  }

  override get name(): string {
    return this.constructor.name
  }
}

/** A namespace or signal has a name that cannot be one. */
export class InvalidNameError extends SignalError {
  readonly code = 'SIGNAL_NAME_INVALID'

  constructor(what: 'namespace' | 'signal', name: unknown) {
    super(name, `cannot name a ${what}: no space or ":".`)
  }
}

/** A signal was declared a second time with something else in the declaration. */
export class SignalRedeclaredError extends SignalError {
  readonly code = 'SIGNAL_REDECLARED'
  declare readonly field: string

  constructor(signal: AnySignal, field: string, first: string | undefined, second: string | undefined) {
    super(signal, `is declared at ${first}, with another ${field} at ${second}.`, { field })
  }
}

/** A declaration's alias already belongs to another signal. */
export class AliasTakenError extends SignalError {
  readonly code = 'SIGNAL_ALIAS_TAKEN'
  declare readonly alias: string

  constructor(signal: string, alias: string) {
    super(signal, `cannot have the alias "${alias}" of another.`, { alias })
  }
}

/** What was given as a receiver is not a function. */
export class InvalidReceiverError extends SignalError {
  readonly code = 'RECEIVER_NOT_A_FUNCTION'

  constructor(signal: AnySignal, receiver: unknown) {
    super(signal, `needs its receiver to be a function, not ${typeof receiver}.`)
  }
}

/** An option of `connect` has a value that it cannot have. */
export class InvalidOptionError extends SignalError {
  readonly code = 'CONNECT_OPTION_INVALID'
  declare readonly option: string

  constructor(signal: AnySignal, option: string, expected: string) {
    super(signal, `needs its "${option}" to be ${expected}.`, { option })
  }
}

/** A synchronous send would have reached an async receiver; nobody was called. */
export class AsyncReceiverError extends SignalError {
  readonly code = 'ASYNC_RECEIVER'
  declare readonly receiver: string

  constructor(signal: AnySignal, method: string, receiver: AnyReceiver) {
    const { name } = receiver
    super(signal, `has the async receiver "${name}": use sendAsync(), not ${method}().`, { receiver: name })
  }
}

/** A receiver sent its own signal again, directly or through others, too many times. */
export class RecursionError extends SignalError {
  readonly code = 'SEND_RECURSION'

  constructor(signal: AnySignal) {
    super(signal, 'is sent by its receivers without end.')
  }
}

/** A receiver did not settle in the time that the send gave it. */
export class ReceiverTimeoutError extends SignalError {
  readonly code = 'RECEIVER_TIMEOUT'
  /** The receiver's name, or `plugin:id` of a subscription that a host calls later. */
  declare readonly receiver: string
  declare readonly timeoutMs: number

  constructor(signal: AnySignal, receiver: { readonly name: string }, timeoutMs: number) {
    const { name } = receiver
    super(signal, `gave up the receiver "${name}" after ${timeoutMs} ms.`, { receiver: name, timeoutMs })
  }
}
