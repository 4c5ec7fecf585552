import type { StandardSchemaV1 } from '@standard-schema/spec'

import { PluginSettingsError } from './plugin-errors.ts'
import { didYouMean } from './suggestion.ts'

const isSchema = (value: unknown): value is StandardSchemaV1 =>
  (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value

/** The schema that a plugin's class (or object) has as `settings`. */
export function settingsSchemaOf(plugin: object): StandardSchemaV1 | undefined {
  const schema: unknown = Reflect.get(plugin, 'settings')
  return isSchema(schema) ? schema : undefined
}

/** The keys of a schema of an object, where it tells (zod does). */
function keysOf(schema: StandardSchemaV1): readonly string[] | undefined {
  const shape: unknown = Reflect.get(schema, 'shape')
  return typeof shape === 'object' && shape !== null ? Object.keys(shape) : undefined
}

/**
 * What the schema of the plugin `name` makes of its settings. Keys that an
 * object schema does not know are refused, whether or not the schema is strict.
 *
 * @throws PluginSettingsError with all that is wrong, when something is
 */
export function checkSettings(
  name: string,
  plugin: object,
  values: Readonly<Record<string, unknown>>,
  origins: ReadonlyMap<string, string>,
): unknown {
  const schema = settingsSchemaOf(plugin)
  const place = (path: string): string => {
    const key = `settings.${name}${path && `.${path}`}`
    const origin = origins.get(key)
    return origin === undefined ? key : `${origin}  ${key}`
  }
  if (schema === undefined) {
    const unused = Object.keys(values).map((key) => `${place(key)}: the plugin has no settings.`)
    if (unused.length > 0) throw new PluginSettingsError(name, unused)
    return Object.freeze({})
  }
  const result = schema['~standard'].validate(values)
  if (result instanceof Promise) {
    throw new PluginSettingsError(name, ['its schema is asynchronous; settings are read at once.'])
  }
  const problems = (result.issues ?? []).map(({ message, path = [] }) => {
    const keys = path.map((part) => String(typeof part === 'object' ? part.key : part))
    return `${place(keys.join('.'))}: ${message}`
  })
  const known = keysOf(schema)
  for (const key of known ? Object.keys(values) : []) {
    if (!known?.includes(key)) problems.push(`${place(key)}: unknown key.${didYouMean(key, known ?? [])}`)
  }
  if (problems.length > 0 || result.issues) throw new PluginSettingsError(name, problems)
  return result.value
}
