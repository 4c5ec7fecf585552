import { readdirSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'

const isLiteral = (part: string): boolean => !/[*?[\]{}()\\]/.test(part)

/** The part of `pattern` before its first wildcard: the folder that the operator named. */
export function namedFolder(pattern: string, root: string): string {
  const parts = pattern.split('/')
  const wild = parts.findIndex((part) => !isLiteral(part))
  const named = parts.slice(0, wild === -1 ? parts.length : wild).join('/')
  return resolve(root, named || (isAbsolute(pattern) ? '/' : '.'))
}

/**
 * The folders that `pattern` may stand for below `root`, sorted. Patterns of names and single stars, which is most, are
 * looked up here: starting glob takes longer than all the rest of a listing's search.
 */
export async function pathsLike(pattern: string, root: string): Promise<string[]> {
  const parts = pattern.split('/').filter((part) => part !== '')
  const start = isAbsolute(pattern) ? '/' : root
  let paths = [start]
  if (parts.some((part) => !isLiteral(part.replaceAll('*', '')) || part.includes('**'))) {
    const { glob } = await import('glob')
    const found = await glob(`${parts.join('/')}/package.json`, { cwd: start, absolute: true })
    return found.map(dirname).toSorted()
  }
  for (const part of parts) {
    if (isLiteral(part)) paths = paths.map((path) => join(path, part))
    else paths = paths.flatMap((path) => entriesLike(part, path))
  }
  return paths.toSorted()
}

/** What in the folder `path` has a name like `part`, in which stars stand for any text; hidden ones only when asked for. */
function entriesLike(part: string, path: string): string[] {
  const source = part
    .split('*')
    .map((text) => text.replaceAll(/[^\w]/g, String.raw`\$&`))
    .join('.*')
  const like = new RegExp(`^${source}$`, 's')
  try {
    const names = readdirSync(path)
    return names
      .filter((name) => like.test(name) && (part.startsWith('.') || !name.startsWith('.')))
      .map((name) => join(path, name))
  } catch {
    // What cannot be listed holds nothing that is found; so it is with glob.
    return []
  }
}
