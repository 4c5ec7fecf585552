import type { Configuration } from './config.ts'
import type { DeliveryRegistry } from './delivery-registry.ts'
import type { LoadedPlugin } from './loaded-plugin.ts'
import type { Logger } from './logger.ts'
import type { PluginCatalog } from './plugin-catalog.ts'
import type { PluginObservers } from './plugin-observers.ts'
import type { Services } from './services.ts'

/** What loading and unloading works on: the host's own state. */
export interface LoaderHost {
  readonly config: Configuration
  readonly catalog: PluginCatalog
  readonly services: Services
  readonly observers: PluginObservers
  readonly deliveries: DeliveryRegistry
  /** Loaded plugins in load order. */
  readonly loaded: LoadedPlugin[]
  /** Every plugin that is loaded or on its way in or out, by name. */
  readonly members: Map<string, LoadedPlugin>
  readonly logger: Logger
  readonly loadTimeoutMs: number
  readonly freezePayloads: boolean
}
