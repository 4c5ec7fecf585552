import type { Logger } from '@aldis/core'
import type { FastifyInstance } from 'fastify'

/** How {@link stopServer} stops. */
export interface StopOptions {
  readonly logger: Logger
  /** How long running requests may take. */
  readonly timeoutMs: number
}

/** Take no more connections, let running requests finish, and cut off those that take longer than `timeoutMs`. */
export async function stopServer(server: FastifyInstance, { logger, timeoutMs }: StopOptions): Promise<void> {
  const timer = setTimeout(() => {
    logger.warn({ timeoutMs }, 'requests were cut off: they took too long to finish')
    server.server.closeAllConnections()
  }, timeoutMs)
  try {
    await server.close()
  } finally {
    clearTimeout(timer)
  }
}
