/** A portal that listens on a free port, with plugins of the test's own, for tests that talk real HTTP. */
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

import type { Host, PluginDefinition, ReceiverError } from '@aldis/core'
import { MemoryLogger, usePlugin } from '@aldis/core/testing'
import PortalPlugin from '@aldis/portal'
import { vi } from 'vitest'

export interface ServedPortal extends AsyncDisposable {
  readonly host: Host
  /** Where it listens, without a slash at the end. */
  readonly url: string
  readonly logger: MemoryLogger
  /** What receivers threw, as the host's error sink got it. */
  readonly failures: readonly ReceiverError[]
  /** Begin to stop; resolves when it has stopped serving. */
  stop(): Promise<void>
}

export interface ServeOptions {
  readonly settings?: Record<string, unknown>
  readonly plugins?: readonly (PluginDefinition & { readonly settings?: Record<string, unknown> })[]
}

export async function servePortal({ settings = {}, plugins = [] }: ServeOptions = {}): Promise<ServedPortal> {
  // Whoever runs the tests may have these for a purpose of their own.
  vi.stubEnv('PORT', undefined)
  vi.stubEnv('HOST', undefined)
  const logger = new MemoryLogger()
  const failures: ReceiverError[] = []
  const host = await usePlugin(
    { name: 'portal', plugin: PortalPlugin, version: '9.9.9' },
    {
      settings: { port: 0, ...settings },
      with: plugins,
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
      logger,
      failures,
      stop,
      async [Symbol.asyncDispose]() {
        await stop()
        await host.stop()
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
