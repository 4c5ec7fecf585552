import { receiverName, typeName, type AnyReceiver } from './receiver.ts'
import type { AnySignal } from './signal.ts'

/** What every error of this package is: an `Error` with a stable `code`. */
export abstract class SignalError extends Error {
  abstract readonly code: string
  override get name(): string {
    return this.constructor.name
  }
}

/** A namespace or signal has a name that cannot be one. */
export class InvalidNameError extends SignalError {
  readonly code = 'SIGNAL_NAME_INVALID'
  readonly invalidName: unknown

  constructor(what: 'namespace' | 'signal', invalidName: unknown) {
    super(`"${String(invalidName)}" cannot name a ${what}: use text without white space, nor ":" in a namespace.`)
    this.invalidName = invalidName
  }
}

/** A signal was declared a second time with something else in the declaration. */
export class SignalRedeclaredError extends SignalError {
  readonly code = 'SIGNAL_REDECLARED'
  readonly signal: string
  readonly field: string

  constructor(signal: AnySignal, field: string, first: string | undefined, second: string | undefined) {
    super(
      `Signal "${signal}" is declared with another "${field}" at ${first}, and again at ${second}. ` +
        'Its owner declares it once; others ask for it with signal(name).',
    )
    this.signal = `${signal}`
    this.field = field
  }
}

/** A declaration's alias already belongs to another signal. */
export class AliasTakenError extends SignalError {
  readonly code = 'SIGNAL_ALIAS_TAKEN'
  readonly signal: string
  readonly alias: string

  constructor(signal: string, alias: string) {
    super(
      `Signal "${signal}" cannot have the alias "${alias}": another signal has that name. ` +
        'Choose another, or declare the signal before both names are asked for.',
    )
    this.signal = signal
    this.alias = alias
  }
}

/** What was given as a receiver is not a function. */
export class InvalidReceiverError extends SignalError {
  readonly code = 'RECEIVER_NOT_A_FUNCTION'
  readonly signal: string

  constructor(signal: AnySignal, receiver: unknown) {
    super(`A receiver of "${signal}" must be a function, not ${typeName(receiver)}.`)
    this.signal = `${signal}`
  }
}

/** An option of `connect` has a value that it cannot have. */
export class InvalidOptionError extends SignalError {
  readonly code = 'CONNECT_OPTION_INVALID'
  readonly option: string

  constructor(signal: AnySignal, option: string, expected: string) {
    super(`The option "${option}" of a connection to "${signal}" must be of type ${expected}.`)
    this.option = option
  }
}

/** A synchronous send would have reached an async receiver; nobody was called. */
export class AsyncReceiverError extends SignalError {
  readonly code = 'ASYNC_RECEIVER'
  readonly signal: string
  readonly receiver: string

  constructor(signal: AnySignal, method: string, receiver: AnyReceiver) {
    const name = receiverName(receiver)
    super(
      `${method}() cannot wait for the async receiver "${name}" of "${signal}". ` +
        `Use ${method === 'sendRobust' ? method : 'send'}Async(), or a receiver that is not async.`,
    )
    this.signal = `${signal}`
    this.receiver = name
  }
}

/** A receiver sent its own signal again, directly or through others, too many times. */
export class RecursionError extends SignalError {
  readonly code = 'SEND_RECURSION'
  readonly signal: string
  readonly depth: number

  constructor(signal: AnySignal, depth: number) {
    super(
      `"${signal}" was sent from inside its own receivers ${depth} times. ` +
        'A receiver must not send, without end, the signal that called it.',
    )
    this.signal = `${signal}`
    this.depth = depth
  }
}

/** A receiver did not settle in the time that the send gave it. */
export class ReceiverTimeoutError extends SignalError {
  readonly code = 'RECEIVER_TIMEOUT'
  readonly signal: string
  readonly receiver: string
  readonly timeoutMs: number

  constructor(signal: AnySignal, receiver: AnyReceiver, timeoutMs: number) {
    const name = receiverName(receiver)
    super(`The receiver "${name}" of "${signal}" did not settle within ${timeoutMs} ms.`)
    this.signal = `${signal}`
    this.receiver = name
    this.timeoutMs = timeoutMs
  }
}
