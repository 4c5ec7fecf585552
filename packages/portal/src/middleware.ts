import type { Host } from '@aldis/core'
import type { FastifyInstance } from 'fastify'

import { IMiddleware } from './interfaces/imiddleware.ts'

/** Let plugins add their hooks to `app`, one plugin after the other. Call it before `app` has routes. */
export async function installMiddleware(
  app: FastifyInstance,
  host: Pick<Host, 'implementations'>,
): Promise<void> {
  for (const { plugin } of host.implementations(IMiddleware)) {
    await plugin.makeMiddleware(app)
  }
}
