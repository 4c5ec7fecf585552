import { resolve } from 'node:path'

import type { Settings } from './settings.ts'

/** Where a database is. */
export type DatabaseLocation =
  | { readonly kind: 'PGlite'; readonly folder: string | null }
  | { readonly kind: 'PostgreSQL'; readonly url: string; readonly poolSize: number }

/** Where `settings` and `DATABASE_URL` say it is. What is set outright is not overridden by the environment. */
export function locationOf(
  { folder, url, poolSize }: Settings,
  env: Readonly<Record<string, string | undefined>> = process.env,
): DatabaseLocation {
  const fromEnvironment = folder === null ? '' : env['DATABASE_URL']
  const server = url ?? fromEnvironment ?? ''
  if (server !== '') return { kind: 'PostgreSQL', url: server, poolSize }
  return { kind: 'PGlite', folder: folder === null ? null : resolve(folder) }
}

/** Where `location` is, in words: without user and password. */
export function nameOf(location: DatabaseLocation): string {
  if (location.kind === 'PGlite') return location.folder === null ? 'in memory' : `in ${location.folder}`
  const { host, pathname } = URL.canParse(location.url) ? new URL(location.url) : { host: '?', pathname: '' }
  return `at ${host}${pathname}`
}
