import type { Host } from '@aldis/core'

/** Have `host` serve until the result is disposed. Resolves when it is ready. */
export async function serveHost(host: Host): Promise<AsyncDisposable> {
  const stop = new AbortController()
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  const serving = host.serve(stop.signal, { onReady: () => resolve() })
  await Promise.race([ready, serving])
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await serving
    },
  }
}
