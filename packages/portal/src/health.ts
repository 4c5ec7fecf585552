import type { FastifyInstance } from 'fastify'

/** Whether the portal wants requests. */
export interface Readiness {
  readonly ready: boolean
}

/**
 * Serve `/healthz`, which answers 200 for as long as the process lives, and
 * `/readyz`, which answers 200 while the portal wants requests and 503 from when it begins to stop.
 */
export function serveHealth(app: FastifyInstance, readiness: Readiness): void {
  app.get('/healthz', { config: { session: false } }, (_request, reply) => {
    reply.header('cache-control', 'no-store').send({ status: 'ok' })
  })
  app.get('/readyz', { config: { session: false } }, (_request, reply) => {
    const { ready } = readiness
    reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: ready ? 'ready' : 'stopping' })
  })
}
