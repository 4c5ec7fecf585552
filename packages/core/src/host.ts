import type { AnySignal } from '@aldis/signals'

import type { Configuration, ConfigInput } from './config.ts'
import type { Interface } from './interface.ts'
import type { Command } from './interfaces/icommands.ts'
import type { Logger } from './logger.ts'
import type { DiscoveryProblem } from './plugin-discovery.ts'
import type { PluginInfo } from './plugin-info.ts'
import type { SignalInfo } from './signal-info.ts'
import { defineToken, type Injectable, type Token } from './token.ts'

/** A receiver's failure that its sender did not get: from a robust send, a delivery that waits, or a stray promise. */
export interface ReceiverError {
  readonly signal: AnySignal
  /** The plugin that asked for the receiver; undefined when code connected it without the host. */
  readonly plugin: string | undefined
  /** The subscription's id, or the receiver's name. */
  readonly subscription: string
  readonly error: unknown
}

/** A plugin given to the host as a value instead of a package. */
export interface PluginDefinition {
  readonly name: string
  /** A class that the host constructs, or the finished object. */
  readonly plugin: object
  /** @defaultValue `'0.0.0'` */
  readonly version?: string
  readonly requires?: Readonly<Record<string, string>>
  readonly after?: readonly string[]
  readonly before?: readonly string[]
}

/** What {@link createHost} takes. */
export interface HostOptions {
  /**
   * The configuration: the path of a file, or the values themselves.
   *
   * @defaultValue the file that `ALDIS_CONFIG` names, else `aldis.config.yaml` in `cwd`
   */
  readonly config?: string | ConfigInput
  /** What relative paths are relative to. @defaultValue `process.cwd()` */
  readonly cwd?: string
  /** Where `ALDIS_…` variables are read from. @defaultValue `process.env` */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Plugins beside those that are found on disk. The configuration's `plugins` enables these too. */
  readonly plugins?: readonly PluginDefinition[]
  /** Takes precedence over the configuration: listings use `disable`. */
  readonly onPluginFailure?: 'abort' | 'disable'
  /** @defaultValue pino, writing JSON lines to standard error */
  readonly logger?: Logger
  /** The one place where receivers' failures arrive. @defaultValue the log */
  readonly onReceiverError?: (failure: ReceiverError) => void
  /**
   * Freeze payloads, through and through, before a plugin gets them: one that changes them fails.
   * For tests and development; it costs a walk through each payload.
   *
   * @defaultValue `false`
   */
  readonly freezePayloads?: boolean
  /**
   * How long, in milliseconds, a plugin's import or one call of an observer may take; and, when a plugin goes,
   * what it still runs, and then closing its resources.
   *
   * @defaultValue `10_000`
   */
  readonly loadTimeoutMs?: number
}

/** What {@link Host.serve} tells while it starts. */
export interface ServeOptions {
  /** Called once every service answers, with the addresses that they gave. */
  readonly onReady?: (addresses: readonly string[]) => void
}

/**
 * Loads plugins and owns every connection it makes for them. One host at a
 * time: signals are process-wide.
 */
export interface Host extends AsyncDisposable {
  readonly config: Configuration
  readonly logger: Logger
  /**
   * Every plugin that is enabled or could be, loaded ones first, in load order. The same list until something is
   * loaded, unloaded or left out.
   */
  readonly plugins: readonly PluginInfo[]
  /** Folders that say they are a plugin's and cannot be used. */
  readonly problems: readonly DiscoveryProblem[]
  /** Every signal that is declared or that somebody has asked for. */
  readonly signals: readonly SignalInfo[]
  /** The commands of the loaded plugins. */
  readonly commands: readonly Command[]

  /**
   * Load the plugins that the configuration enables, all or none; with `name`, one more. What is loaded later
   * comes after what is there, whatever its "before" says: receivers that are connected keep their places.
   *
   * @throws PluginLoadError with the plugins that failed, their phase and why
   */
  load(name?: string): Promise<void>
  /**
   * Undo the load of `name`: its connections are gone, what of it runs is waited for, its resources are disposed.
   *
   * @throws PluginRequiredError when loaded plugins require it, or use a delivery of it
   */
  unload(name: string): Promise<void>
  /**
   * Load `name`, and what requires it, anew with the settings as they are now; the code stays. When that
   * fails, they are loaded as they were.
   */
  reload(name: string): Promise<void>

  /**
   * Open what answering a call needs: every {@link IStartable}, in load order. Plugins that are loaded later
   * start as they load. With the policy `abort`, one that cannot start unloads them all.
   *
   * @throws PluginLoadError with the plugin that could not start
   */
  start(): Promise<void>
  /**
   * Start if need be and keep every {@link IService} going until `signal` is aborted. One that fails stops the
   * others, and its error is thrown.
   *
   * @throws HostServingError when the host serves already
   */
  serve(signal: AbortSignal, options?: ServeOptions): Promise<void>
  /** Unload everything in reverse order. The host cannot be used after that. */
  stop(): Promise<void>

  /**
   * The plugins that implement `type`, in order of precedence: as the
   * configuration lists them. Earlier wins, and wraps outermost.
   */
  implementations<T>(type: Interface<T>): { readonly name: string; readonly plugin: T }[]
  /** The service that a plugin provides under `token`. */
  resolve<T>(token: Injectable<T>): T
}

/** The host itself, for plugins that show or drive it. */
export const Host: Token<Host> = defineToken<Host>('aldis:Host')

/**
 * Make a host. It has read its configuration and found the plugins there are;
 * {@link Host.load} loads them.
 *
 * @throws ConfigError when the configuration cannot be used
 * @throws HostRunningError when another host in this process has not stopped
 *
 * @example
 * ```ts
 * import { createHost, signals, SubscriptionMap } from '@aldis/core'
 *
 * const hello = signals.ckanext.signal<string, { readonly name: string }>('hello')
 *
 * class GreeterPlugin {
 *   getSignalSubscriptions(): SubscriptionMap {
 *     return new SubscriptionMap().on(hello, (sender, { name }) => `hello ${name}, says ${sender}`)
 *   }
 * }
 *
 * await using host = await createHost({
 *   config: { plugins: ['greeter'] },
 *   plugins: [{ name: 'greeter', plugin: GreeterPlugin }],
 * })
 * await host.load()
 * console.log(hello.send('the example', { name: 'Ada' })[0]?.[1])
 * ```
 *
 * ```text
 * hello Ada, says the example
 * ```
 */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  const { PluginHost } = await import('./plugin-host.ts')
  return PluginHost.create(options)
}
