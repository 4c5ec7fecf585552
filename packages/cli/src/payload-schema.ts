import type { PluginInfo, SignalInfo } from '@aldis/core'

/** One value in a payload, as people read it. */
export interface PayloadField {
  /** Such as `user.id`; `records[]` for what an array holds. */
  readonly path: string
  readonly type: string
  readonly required: boolean
}

const DEEPEST = 8

type Json = Readonly<Record<string, unknown>>

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const field = (value: unknown, key: string): unknown => (isJson(value) ? value[key] : undefined)

/** The payload's JSON Schema; undefined when the signal declares none or its schema cannot be written as one. */
export function payloadSchemaOf({ signal }: SignalInfo): Json | undefined {
  return jsonSchemaOf(signal.declaration?.payload)
}

/** The JSON Schema of what the Standard Schema `schema` gives. */
export function jsonSchemaOf(schema: unknown): Json | undefined {
  return converted(schema, 'output', { target: 'draft-2020-12' })
}

/**
 * The JSON Schema of a plugin's settings: as a configuration has them (`input`), or as the plugin gets them (`output`,
 * which knows every default). What JSON Schema has no words for is `{}`.
 */
export function settingsSchemaOf(
  { settings }: Pick<PluginInfo, 'settings'>,
  side: 'input' | 'output',
): Json | undefined {
  // Where zod cannot say what something is, the rest is still worth reading; other libraries have options of their own.
  return converted(settings, side, {
    target: 'draft-2020-12',
    libraryOptions: { unrepresentable: 'any' },
  })
}

function converted(schema: unknown, side: 'input' | 'output', options: object): Json | undefined {
  const standard: unknown = isSchema(schema) ? schema['~standard'] : undefined
  const converter = field(standard, 'jsonSchema')
  const convert = field(converter, side)
  if (typeof convert !== 'function') return undefined
  try {
    const found: unknown = Reflect.apply(convert, converter, [options])
    return isJson(found) ? found : undefined
  } catch {
    return undefined
  }
}

function isSchema(value: unknown): value is { readonly '~standard': unknown } {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value
}

/** The fields of the object that `schema` describes, outer before inner. */
export function fieldsOf(schema: unknown, prefix = '', root: unknown = schema): PayloadField[] {
  const object = resolved(schema, root)
  // Schemas may refer to themselves, and payloads that are nested deeper are not read on a screen.
  if (prefix.split('.').length > DEEPEST) return []
  const properties = field(object, 'properties')
  if (!isJson(properties)) return []
  const required = field(object, 'required')
  return Object.entries(properties).flatMap(([name, property]) => {
    const path = `${prefix}${name}`
    const inner = fieldsOf(property, `${path}.`, root)
    const items = field(resolved(property, root), 'items')
    const isObject = field(resolvedReference(property, root), 'type') === 'object'
    const own = {
      path,
      type: typeText(property, root),
      required: Array.isArray(required) && required.includes(name),
    }
    return [
      ...(inner.length > 0 && own.required && isObject ? [] : [own]),
      ...inner,
      ...fieldsOf(items, `${path}[].`, root),
    ]
  })
}

/** What `schema` refers to inside the same document, or itself. */
function resolvedReference(schema: unknown, root: unknown): unknown {
  const reference = field(schema, '$ref')
  if (typeof reference !== 'string') return schema
  return reference.startsWith('#/') ? reference.slice(2).split('/').reduce(field, root) : undefined
}

/** {@link resolvedReference}, seen through an "or null". */
function resolved(schema: unknown, root: unknown): unknown {
  const one = resolvedReference(schema, root)
  const options = field(one, 'anyOf')
  if (!Array.isArray(options)) return one
  const others = options.filter((option) => !isNull(option))
  return others.length === 1 ? resolvedReference(others[0], root) : one
}

const isNull = (schema: unknown): boolean => field(schema, 'type') === 'null'

function typeText(schema: unknown, root: unknown): string {
  const options = field(schema, 'anyOf')
  if (Array.isArray(options)) return options.map((option) => typeText(option, root)).join(' | ')
  const one = resolved(schema, root)
  const values = field(one, 'enum')
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ')
  const constant = field(one, 'const')
  if (constant !== undefined) return JSON.stringify(constant)
  const type = field(one, 'type')
  const format = field(one, 'format')
  if (type === 'array') return `${typeText(field(one, 'items'), root)}[]`
  if (typeof type !== 'string') return 'anything'
  return typeof format === 'string' ? `${type} (${format})` : type
}

/** A value that fits `schema`, to be changed by whoever copies it. */
export function exampleOf(schema: unknown, root: unknown = schema): unknown {
  const options = field(schema, 'anyOf')
  if (Array.isArray(options) && options.some(isNull)) return null
  const one = resolved(schema, root)
  const values = field(one, 'enum')
  if (Array.isArray(values)) return values[0]
  if (field(one, 'const') !== undefined) return field(one, 'const')
  const type = field(one, 'type')
  if (type === 'object') {
    const properties = field(one, 'properties')
    const required = field(one, 'required')
    if (!isJson(properties) || !Array.isArray(required)) return {}
    const entries = Object.entries(properties).filter(([name]) => required.includes(name))
    return Object.fromEntries(entries.map(([name, property]) => [name, exampleOf(property, root)]))
  }
  if (type === 'array') return []
  if (type === 'number' || type === 'integer') return 0
  if (type === 'boolean') return false
  return type === 'string' ? '…' : null
}
