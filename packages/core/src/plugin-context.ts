import type { StandardSchemaV1 } from '@standard-schema/spec'

import type { Logger } from './logger.ts'
import { defineToken, type Injectable, type Token } from './token.ts'

/** What the host gives a plugin: ask for it with `static readonly inject = [PluginContext] as const`. */
export interface PluginContext {
  /** The plugin's name. */
  readonly name: string
  /** The plugin's settings as its schema left them. {@link settingsOf} gives them typed. */
  readonly settings: unknown
  /** Logs with the plugin's name. */
  readonly logger: Logger
  /** Aborted when the plugin is unloaded or the host stops. */
  readonly signal: AbortSignal
  /** What is added here is disposed, in reverse order, when the plugin is unloaded or the host stops. */
  readonly resources: AsyncDisposableStack
  /** The service that a plugin provides under `token`; provided by a plugin that loads earlier. */
  resolve<T>(token: Injectable<T>): T
  /**
   * Offer other plugins a service. `factory` runs once, when it is first asked for.
   *
   * @throws PluginConflictError when another plugin provides `token`
   */
  provide<T>(token: Token<T>, factory: () => T): void
}

export const PluginContext: Token<PluginContext> = defineToken<PluginContext>('aldis:PluginContext')

/** The token of a plugin's own settings, typed by its `schema`: for its `inject` list. */
export function settingsOf<T>(schema: StandardSchemaV1<unknown, T>): Token<T> {
  void schema
  return defineToken<T>('aldis:PluginSettings')
}
