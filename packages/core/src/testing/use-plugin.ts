import { createHost, type Host, type PluginDefinition, type ReceiverError } from '../host.ts'
import { silentLogger, type Logger } from '../logger.ts'

/** How {@link usePlugin} loads. */
export interface UsePluginOptions {
  /** The plugin's settings. */
  readonly settings?: Record<string, unknown>
  /** Plugins to load with it, each with its settings. */
  readonly with?: readonly (PluginDefinition & { readonly settings?: Record<string, unknown> })[]
  /** @defaultValue one that writes nothing */
  readonly logger?: Logger
  /** Takes the failures of receivers. @defaultValue the logger */
  readonly onReceiverError?: (failure: ReceiverError) => void
}

/**
 * A host with `plugin` loaded, and with those in `options.with` before it. Payloads are frozen before
 * plugins get them. Disposing the host unloads everything.
 *
 * @throws PluginLoadError when a plugin cannot be loaded; nothing stays loaded
 *
 * @example
 * ```ts
 * import { signals, SubscriptionMap } from '@aldis/core'
 * import { usePlugin } from '@aldis/core/testing'
 *
 * const doubled = signals.ckanext.signal<number>('doubled')
 * const plugin = { getSignalSubscriptions: () => new SubscriptionMap().on(doubled, (n) => n * 2) }
 *
 * await using host = await usePlugin({ name: 'doubler', plugin })
 * console.log(host.plugins.length, doubled.send(21, undefined)[0]?.[1])
 * ```
 *
 * ```text
 * 1 42
 * ```
 */
export async function usePlugin(plugin: PluginDefinition, options: UsePluginOptions = {}): Promise<Host> {
  const definitions = [...(options.with ?? []), { ...plugin, settings: options.settings ?? {} }]
  const host = await createHost({
    config: {
      plugins: definitions.map(({ name }) => name),
      settings: Object.fromEntries(definitions.map(({ name, settings = {} }) => [name, settings])),
    },
    env: {},
    plugins: definitions,
    freezePayloads: true,
    logger: options.logger ?? silentLogger,
    ...(options.onReceiverError && { onReceiverError: options.onReceiverError }),
  })
  try {
    await host.load()
  } catch (error) {
    await host.stop()
    throw error
  }
  return host
}
