import type { StandardSchemaV1 } from '@standard-schema/spec'

import type { BoundSubscription } from './subscription.ts'

/**
 * How a plugin is: `on` (loaded), `off` (there, and not enabled), `failed`
 * (enabled, and its own load failed) or `skipped` (enabled, and left out because of another).
 */
export type PluginState = 'on' | 'off' | 'failed' | 'skipped'

/** Where a plugin comes from; `missing` when the configuration names one that is nowhere. */
export type PluginSource = 'workspace' | 'node_modules' | 'memory' | 'missing'

/** What is known of a plugin without loading it. */
export interface PluginPackage {
  readonly name: string
  readonly version: string
  readonly description: string | undefined
  readonly source: PluginSource
  /** Its folder, without symbolic links; undefined for one in memory. */
  readonly folder: string | undefined
  /** Plugins that it needs, with the versions it needs them in; `core` is this package. */
  readonly requires: Readonly<Record<string, string>>
  /** Plugins that load before it where they are enabled. */
  readonly after: readonly string[]
  /** Plugins that load after it where they are enabled. */
  readonly before: readonly string[]
}

/** A plugin as the host sees it now. */
export interface PluginInfo extends PluginPackage {
  readonly state: PluginState
  /** Why it is `failed` or `skipped`. */
  readonly error: Error | undefined
  /** The names of the interfaces it implements. */
  readonly interfaces: readonly string[]
  readonly subscriptions: readonly BoundSubscription[]
  /** The schema of its settings; undefined when it has none or could not be imported. */
  readonly settings: StandardSchemaV1 | undefined
  /** The names of its commands. */
  readonly commands: readonly string[]
  /** What importing and constructing it took. */
  readonly loadMs: number
}
