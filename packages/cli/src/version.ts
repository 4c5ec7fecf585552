import { readFileSync } from 'node:fs'

/** The version of this package. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const found: unknown = typeof manifest === 'object' && manifest !== null && Reflect.get(manifest, 'version')
  return String(found)
}
