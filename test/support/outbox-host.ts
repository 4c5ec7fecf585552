import { createHost, type Host, type PluginDefinition } from '@aldis/core'
import { MemoryLogger } from '@aldis/core/testing'
import ModelsPlugin from '@aldis/models'
import OutboxPlugin, { Outbox } from '@aldis/outbox'

import type { DatabaseSettings } from './databases.ts'
import { serveHost } from './serve-host.ts'

/** What a host with an outbox is made of. */
export interface OutboxHostOptions {
  readonly database: DatabaseSettings | { readonly folder: string }
  /** Beside `models` and `outbox`. All are enabled unless `enabled` names those that are. */
  readonly plugins: readonly PluginDefinition[]
  readonly enabled?: readonly string[]
  readonly settings?: Readonly<Record<string, unknown>>
}

/** A started host with an outbox, which delivers while {@link OutboxHost.serve} runs or when it is drained. */
export interface OutboxHost extends AsyncDisposable {
  readonly host: Host
  readonly outbox: Outbox
  readonly logger: MemoryLogger
  /** Deliver until the result is disposed. */
  serve(): Promise<AsyncDisposable>
}

export async function startOutbox(options: OutboxHostOptions): Promise<OutboxHost> {
  const { database, plugins, settings = {}, enabled = plugins.map(({ name }) => name) } = options
  const logger = new MemoryLogger()
  const host = await createHost({
    config: {
      plugins: ['models', 'outbox', ...enabled],
      settings: { models: database, outbox: settings },
    },
    plugins: [
      { name: 'models', plugin: ModelsPlugin },
      { name: 'outbox', plugin: OutboxPlugin, requires: { models: '*' } },
      ...plugins,
    ],
    logger,
  })
  try {
    await host.load()
    await host.start()
  } catch (error) {
    await host.stop()
    throw error
  }
  return {
    host,
    outbox: host.resolve(Outbox),
    logger,
    serve: () => serveHost(host),
    [Symbol.asyncDispose]: () => host.stop(),
  }
}
