import type { Host } from '@aldis/core'

import { settingsSchemaOf } from './payload-schema.ts'

/** One value of a configuration, with where it comes from. */
export interface ConfigRow {
  /** Such as `settings.portal.port`. */
  readonly key: string
  readonly value: unknown
  readonly origin: string
  readonly secret: boolean
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const SECRET_NAME = /secret|password|token|key$/i

/** Every value of `host`'s configuration, the defaults of the loaded plugins' settings included. */
export function configRows(host: Host): ConfigRow[] {
  const { values, origins } = host.config
  const rows: ConfigRow[] = []
  const add = (path: readonly string[], value: unknown, schema: unknown, hidden = false): void => {
    const secret = hidden || isSecret(path, schema)
    if (isRecord(value) && !secret && Object.keys(value).length > 0) {
      for (const [name, child] of Object.entries(value)) add([...path, name], child, property(schema, name))
      return
    }
    rows.push({ key: path.join('.'), value, origin: originOf(origins, path), secret })
  }
  const { settings, ...own } = values
  for (const [name, value] of Object.entries(own)) add([name], value, undefined)
  for (const [name, value] of Object.entries(settings)) {
    const plugin = host.plugins.find((each) => each.name === name)
    const schema = plugin && settingsSchemaOf(plugin, 'output')
    // Nobody knows what the schema of one that is not there, or could not be loaded, says of its settings.
    const hidden = plugin?.state !== 'on'
    for (const [key, child] of Object.entries(value))
      add(['settings', name, key], child, property(schema, key), hidden)
  }
  for (const plugin of host.plugins) {
    const { name, version } = plugin
    const properties = settingsSchemaOf(plugin, 'output')?.['properties']
    if (!isRecord(properties)) continue
    for (const [key, child] of Object.entries(properties)) {
      if (!isRecord(child) || !('default' in child) || Object.hasOwn(settings[name] ?? {}, key)) continue
      const path = ['settings', name, key]
      rows.push({
        key: path.join('.'),
        value: child['default'],
        origin: `default (${name} ${version})`,
        secret: isSecret(path, child),
      })
    }
  }
  return rows
}

/** A value as it may be shown: secrets are not. */
export function shownValue({ value, secret }: ConfigRow): string {
  if (secret) return '******** (secret)'
  // A space behind each comma, so that long lists can be wrapped.
  if (Array.isArray(value)) return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`
  return JSON.stringify(value) ?? String(value)
}

function property(schema: unknown, name: string): unknown {
  const properties = isRecord(schema) ? schema['properties'] : undefined
  return isRecord(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
}

/** Marked so by the schema, or named like one where the schema does not say. */
function isSecret(path: readonly string[], schema: unknown): boolean {
  if (path[0] !== 'settings' || path.length < 3) return false
  const marked = isRecord(schema) ? schema['secret'] : undefined
  return typeof marked === 'boolean' ? marked : SECRET_NAME.test(path.at(-1) ?? '')
}

/** Where the value at `path`, or the nearest above it, comes from. */
function originOf(origins: ReadonlyMap<string, string>, path: readonly string[]): string {
  for (let length = path.length; length > 0; length--) {
    const origin = origins.get(path.slice(0, length).join('.'))
    if (origin !== undefined) return origin
  }
  return 'default'
}
