import type { StandardSchemaV1 } from '@standard-schema/spec'

import { PluginSettingsError } from './plugin-errors.ts'
import { keysOf, pathOf } from './schema-keys.ts'
import { didYouMean } from './suggestion.ts'

type Values = Readonly<Record<string, unknown>>

const NONE: Values = Object.freeze({})

const isSchema = (value: unknown): value is StandardSchemaV1 =>
  (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value

/**
 * The schema that the plugin `name`, a class or an object, has as `settings`.
 *
 * @throws PluginSettingsError when a class has something else there
 */
export function settingsSchemaOf(name: string, plugin: object): StandardSchemaV1 | undefined {
  const schema: unknown = Reflect.get(plugin, 'settings')
  if (isSchema(schema)) return schema
  if (schema === undefined || typeof plugin !== 'function') return undefined
  throw new PluginSettingsError(name, ['"static settings" must be a schema, such as z.object({ … }).'])
}

/**
 * What the schema of the plugin `name` makes of its settings. Keys that an
 * object schema does not know are refused, whether or not the schema is strict.
 *
 * @throws PluginSettingsError with all that is wrong, when something is
 */
export function checkSettings(
  name: string,
  schema: StandardSchemaV1 | undefined,
  given: Values | undefined,
  origins: ReadonlyMap<string, string>,
): unknown {
  if (schema === undefined && given === undefined) return NONE
  const values = given ?? NONE
  const place = (path: string): string => {
    const key = `settings.${name}${path && `.${path}`}`
    const origin = origins.get(key)
    return origin === undefined ? key : `${origin}  ${key}`
  }
  if (schema === undefined) {
    const unused = Object.keys(values).map((key) => `${place(key)}: the plugin has no settings.`)
    if (unused.length > 0) throw new PluginSettingsError(name, unused)
    return NONE
  }
  const result = schema['~standard'].validate(values)
  if (result instanceof Promise) {
    result.catch(() => undefined)
    throw new PluginSettingsError(name, ['its schema is asynchronous; settings are read at once.'])
  }
  const known = keysOf(schema)
  const unknown = known ? Object.keys(values).filter((key) => !known.includes(key)) : []
  const problems = unknown.map((key) => `${place(key)}: unknown key.${didYouMean(key, known ?? [])}`)
  for (const issue of result.issues ?? []) {
    // A strict schema says of the unknown keys what is said already, in fewer words.
    if (unknown.length > 0 && 'code' in issue && issue.code === 'unrecognized_keys' && !issue.path?.length)
      continue
    problems.push(`${place(pathOf(issue))}: ${issue.message}`)
  }
  if (problems.length > 0) throw new PluginSettingsError(name, problems)
  return result.issues ? NONE : result.value
}
