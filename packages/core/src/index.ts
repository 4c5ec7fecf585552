// Host
export { createHost, Host } from './host.ts'
export type { HostOptions, PluginDefinition, ReceiverError, ServeOptions } from './host.ts'
export type { PluginInfo, PluginPackage, PluginSource, PluginState } from './plugin-info.ts'
export type { ReceiverInfo, SignalInfo } from './signal-info.ts'
export type { Logger } from './logger.ts'
export { silentLogger } from './logger.ts'
export type { DiscoveryProblem } from './plugin-discovery.ts'
export type { ConfigInput, Configuration, ConfigValues } from './config.ts'
export { readConfig, type ReadConfigOptions } from './config-reader.ts'
export type { ConfigProblem } from './config-errors.ts'
export { coreCopies, type CoreCopy } from './core-copies.ts'

// Signals
export { signals } from './toolkit.ts'
export type { Application } from './signals.ts'
export type { HttpRequest, HttpResponse, Nothing, User } from './payloads.ts'
export type { Blueprint, BlueprintHandler, BlueprintRoute, BlueprintSender } from './blueprint.ts'
export { SubscriptionMap } from './subscription.ts'
export type {
  BoundSubscription,
  CommitOptions,
  DeliveryOptions,
  InlineOptions,
  Subscription,
  SubscriptionOptions,
  Subscriptions,
} from './subscription.ts'

// Interfaces
export { defineInterface, InterfaceConflictError, type Interface } from './interface.ts'
export { ISignal } from './interfaces/isignal.ts'
export { IPluginObserver, type ObservedPlugin } from './interfaces/iplugin-observer.ts'
export { IService, IStartable } from './interfaces/iservice.ts'
export { IDeliveries } from './interfaces/ideliveries.ts'
export { ICommands } from './interfaces/icommands.ts'
export type {
  AskOptions,
  Command,
  CommandArgument,
  CommandArguments,
  CommandContext,
  CommandOption,
} from './interfaces/icommands.ts'

// Injection
export { defineToken, type Injectable, type Injected, type Token } from './token.ts'
export { PluginContext, settingsOf } from './plugin-context.ts'

// Deliveries
export type { Delivery, DeliverySend } from './delivery.ts'
export { TransactionProvider, type Transaction } from './transaction.ts'

// For tools and commands
export { printable, textTable, type TextColumn, type TextRow } from './text-table.ts'
export { isPluginName, folderNameOf } from './plugin-name.ts'
export { didYouMean, suggest } from './suggestion.ts'
export { editConfig, writeConfigEdit, ConfigEditError } from './config-editor.ts'
export type { ConfigEdit, PluginListChange } from './config-editor.ts'
export { locateFunctions, sourceLocation } from './function-location.ts'
export {
  ControlSocketError,
  ControlSocketHeldError,
  ControlSocketPathError,
  runThroughControlSocket,
  serveControlSocket,
} from './control-socket.ts'
export type { ControlIo, ControlRunIo, ControlSocketOptions } from './control-socket.ts'

// Errors
export { AldisError, messageOf } from './aldis-error.ts'
export { ConfigError, ConfigNotFoundError } from './config-errors.ts'
export { PluginNameError } from './plugin-name.ts'
export {
  HostRunningError,
  HostServingError,
  HostStoppedError,
  PluginAlreadyLoadedError,
  PluginConflictError,
  PluginCycleError,
  PluginDuplicateError,
  PluginFailedError,
  PluginImportError,
  PluginLoadError,
  PluginManifestError,
  PluginNotFoundError,
  PluginNotLoadedError,
  PluginOutsideRootError,
  PluginRequiredError,
  PluginRequirementError,
  PluginSettingsError,
  PluginTimeoutError,
  PluginVersionError,
  ServiceNotProvidedError,
  SubscriptionError,
  type LoadFailure,
  type LoadPhase,
} from './plugin-errors.ts'
