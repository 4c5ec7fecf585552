import { z } from 'zod'

import { isPluginName } from './plugin-name.ts'

const DEFAULT_PLUGIN_PATHS = ['plugins/*', 'node_modules/*', 'node_modules/@*/*']

const pluginName = z
  .string()
  .refine(isPluginName, { error: 'not a plugin name: use lower-case words joined by underscores' })

/** What a configuration may say. */
export const ConfigSchema = z.strictObject({
  /** The enabled plugins. Their order is the order of precedence. */
  plugins: z.array(z.string()).default([]),
  /** Globs of the folders that may hold plugins, relative to the configuration file. */
  pluginPaths: z.array(z.string().min(1)).default(DEFAULT_PLUGIN_PATHS),
  /** The settings of each plugin, whether it is enabled or not. */
  settings: z.record(pluginName, z.record(z.string(), z.unknown())).default({}),
  /** What a plugin that cannot be loaded means: no host, or a host without it. */
  onPluginFailure: z.enum(['abort', 'disable']).default('abort'),
})

/** The values of a configuration as they are written. */
export type ConfigInput = z.input<typeof ConfigSchema>

/** The values of a configuration with the defaults filled in. */
export type ConfigValues = z.output<typeof ConfigSchema>

/** A configuration that was read and checked. */
export interface Configuration {
  /** The file; undefined when the values were given. */
  readonly path: string | undefined
  /** The folder that relative paths in it are relative to. */
  readonly root: string
  readonly values: ConfigValues
  /** Where each value comes from, by its path such as `settings.portal.port`: `file:line`, `env NAME`, `default` or `given`. */
  readonly origins: ReadonlyMap<string, string>
}
