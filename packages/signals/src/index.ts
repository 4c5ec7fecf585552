// Signals
export { namespace } from './registry.ts'
export { isSignal } from './signal-brand.ts'
export { ANY, type Any } from './any.ts'
export type { Namespace } from './namespace.ts'
export type { Declaration, DeclareOptions } from './declaration.ts'
export type { NamespaceEvents } from './namespace-events.ts'
export type {
  AnySignal,
  DisconnectOptions,
  ReceiverConnected,
  ReceiverDisconnected,
  RobustResult,
  SendAsyncOptions,
  SendResult,
  Signal,
} from './signal.ts'

// Receivers
export type { AnyReceiver, Meta, Receiver } from './receiver.ts'
export type { BySender, DependsOnSender, PayloadFor } from './payload-for.ts'
export type { Connection, ConnectOptions } from './connection.ts'

// Errors
export {
  AliasTakenError,
  AsyncReceiverError,
  InvalidNameError,
  InvalidOptionError,
  InvalidReceiverError,
  ReceiverTimeoutError,
  RecursionError,
  SignalError,
  SignalRedeclaredError,
} from './errors.ts'
