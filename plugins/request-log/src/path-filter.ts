/** A test whether a path is one of `patterns`: equal to one, or starting like one that ends in `*`. */
export function pathFilter(patterns: readonly string[]): (path: string) => boolean {
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1))
  const exact = new Set(patterns)
  return (path) => exact.has(path) || prefixes.some((prefix) => path.startsWith(prefix))
}
