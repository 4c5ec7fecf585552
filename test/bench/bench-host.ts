import { createHost, silentLogger, type Host, type PluginDefinition } from '@aldis/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { root } from '../support/repository.ts'

/** What a bench needs of a host in its own process. */
export interface BenchHostOptions {
  /** Plugins of the repository, by name. */
  readonly enabled: readonly string[]
  /** The settings of `models`: the database. */
  readonly database: Record<string, unknown>
  /** The bench's own plugins. */
  readonly plugins?: readonly PluginDefinition[]
}

/** A host that has started in this process and serves nothing. */
export async function startHost({
  enabled,
  database,
  plugins = [],
}: BenchHostOptions): Promise<AsyncDisposable & { readonly host: Host }> {
  const folder = await mkdtemp(join(tmpdir(), 'aldis-bench-'))
  const host = await createHost({
    config: {
      plugins: [...enabled, ...plugins.map(({ name }) => name)],
      pluginPaths: ['packages/*', 'plugins/*'],
      settings: { models: database, portal: { folder, siteUrl: SITE_URL } },
    },
    cwd: root,
    env: {},
    plugins,
    logger: silentLogger,
  })
  await host.load()
  await host.start()
  return {
    host,
    async [Symbol.asyncDispose]() {
      await host.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What the answers of the portal name, wherever it listens. */
export const SITE_URL = 'https://portal.example'
