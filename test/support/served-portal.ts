/** A portal that listens on a free port, with plugins of the test's own, for tests that talk real HTTP. */
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import type { Host, PluginDefinition, ReceiverError } from '@aldis/core'
import { MemoryLogger, usePlugin } from '@aldis/core/testing'
import ModelsPlugin from '@aldis/models'
import PortalPlugin from '@aldis/portal'
import { vi } from 'vitest'

export interface ServedPortal extends AsyncDisposable {
  readonly host: Host
  /** Where it listens, without a slash at the end. */
  readonly url: string
  /** Where it keeps files, mails and its secret, unless the settings say otherwise. */
  readonly folder: string
  readonly logger: MemoryLogger
  /** What receivers threw, as the host's error sink got it. */
  readonly failures: readonly ReceiverError[]
  /** Begin to stop; resolves when it has stopped serving. */
  stop(): Promise<void>
}

export interface ServeOptions {
  /** The settings of the plugin `models`. @defaultValue a database in memory */
  readonly database?: Record<string, unknown>
  readonly settings?: Record<string, unknown>
  readonly plugins?: readonly (PluginDefinition & { readonly settings?: Record<string, unknown> })[]
}

export async function servePortal({
  settings = {},
  plugins = [],
  database = { folder: null },
}: ServeOptions = {}): Promise<ServedPortal> {
  // Whoever runs the tests may have these for a purpose of their own.
  vi.stubEnv('PORT', undefined)
  vi.stubEnv('HOST', undefined)
  const folder = await mkdtemp(join(tmpdir(), 'aldis-portal-'))
  const logger = new MemoryLogger()
  const failures: ReceiverError[] = []
  const host = await usePlugin(
    { name: 'portal', plugin: PortalPlugin, version: '9.9.9', requires: { models: '*' } },
    {
      settings: { port: 0, folder, ...settings },
      with: [{ name: 'models', plugin: ModelsPlugin, version: '9.9.9', settings: database }, ...plugins],
      logger,
      onReceiverError: (failure) => failures.push(failure),
    },
  )
  const controller = new AbortController()
  const ready = Promise.withResolvers<readonly string[]>()
  const serving = host.serve(controller.signal, { onReady: ready.resolve })
  serving.catch(ready.reject)
  const stop = (): Promise<void> => {
    controller.abort()
    return serving
  }
  try {
    const [url = ''] = await ready.promise
    return {
      host,
      url,
      folder,
      logger,
      failures,
      stop,
      async [Symbol.asyncDispose]() {
        await stop()
        await host.stop()
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await host.stop()
    throw error
  }
}

/** Everything that comes back for `bytes`, sent as they are; the connection is half closed after them. */
export async function sendBytes(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.end(bytes)
  return text(socket)
}
