const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Whether `key` would reach into the prototypes of objects. */
export function isForbiddenKey(key: string): boolean {
  return FORBIDDEN.has(key)
}

/** Something in a value that is not plain data, and where it is. */
export interface ImpureData {
  readonly path: readonly string[]
  readonly message: string
}

/** What in `value`, at any depth, is not the data that a configuration can hold: keys of prototypes, functions. */
export function impureData(value: unknown): ImpureData[] {
  const found: ImpureData[] = []
  const seen = new Set<object>()
  const visit = (inner: unknown, path: readonly string[]): void => {
    if (typeof inner === 'function' || typeof inner === 'symbol') {
      found.push({ path, message: `a ${typeof inner} is not data; give it to a plugin through a service.` })
    }
    if (typeof inner !== 'object' || inner === null || seen.has(inner)) return
    seen.add(inner)
    if (Array.isArray(inner)) {
      for (const [index, item] of inner.entries())
        if (typeof item !== 'string') visit(item, [...path, String(index)])
      return
    }
    for (const key of Object.getOwnPropertyNames(inner)) {
      const at = [...path, key]
      if (isForbiddenKey(key)) found.push({ path: at, message: `the key "${key}" is not allowed anywhere.` })
      else visit(Reflect.get(inner, key), at)
    }
  }
  visit(value, [])
  return found
}
