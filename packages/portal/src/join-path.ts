/** The path of a route whose blueprint has `prefix`. */
export function joinPath(prefix: string, path: string): string {
  return path === '/' ? prefix : `${prefix}${path}`
}
