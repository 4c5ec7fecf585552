import type { StandardSchemaV1 } from '@standard-schema/spec'

/** The keys of a schema of an object, where it tells (zod does). */
export function keysOf(schema: StandardSchemaV1): readonly string[] | undefined {
  const shape: unknown = Reflect.get(schema, 'shape')
  return typeof shape === 'object' && shape !== null ? Object.keys(shape) : undefined
}

/** The place of an issue in the value, `a.b.0`; empty for the value itself. */
export function pathOf({ path = [] }: StandardSchemaV1.Issue): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
}
