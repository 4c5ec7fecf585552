import type { ConfigInput } from './config.ts'
import { ConfigError } from './config-errors.ts'
import { impureData } from './plain-data.ts'

/** The values of a configuration before they are checked, and where each came from. */
export interface ConfigDraft {
  /** The file; undefined when the values were given. */
  readonly path: string | undefined
  readonly root: string
  readonly values: Record<string, unknown>
  readonly origins: Map<string, string>
  /** Where the value at a path is written. */
  where(path: readonly PropertyKey[]): string
}

/** A draft of values that the program gives. They are copied: who changes them later changes nothing here. */
export function draftOfValues(config: ConfigInput, root: string): ConfigDraft {
  const impure = impureData(config)
  if (impure.length > 0) {
    throw new ConfigError(impure.map(({ path, message }) => ({ where: path.join('.'), message })))
  }
  const values: Record<string, unknown> = structuredClone(config)
  const origins = originsOf(values, () => 'given')
  return { path: undefined, root, values, origins, where: (path) => path.join('.') || 'config' }
}

/** Where each value in `values` comes from, by its path such as `settings.portal.port`. */
export function originsOf(
  values: Record<string, unknown>,
  where: (path: readonly string[]) => string,
): Map<string, string> {
  const origins = new Map<string, string>()
  const visit = (value: unknown, path: readonly string[], above: readonly unknown[]): void => {
    if (path.length > 0) origins.set(path.join('.'), where(path))
    if (typeof value !== 'object' || value === null || Array.isArray(value) || above.includes(value)) return
    for (const [key, child] of Object.entries(value)) visit(child, [...path, key], [...above, value])
  }
  visit(values, [], [])
  return origins
}
