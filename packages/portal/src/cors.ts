import type { FastifyInstance } from 'fastify'

/** The sites whose pages may ask, or `'*'` for all. */
export type CorsOrigins = '*' | readonly string[]

const METHODS = 'POST, PUT, GET, DELETE, OPTIONS'
const HEADERS = 'Authorization, Content-Type, X-CKAN-API-Key'

/**
 * Let pages of `origins` read what the routes of `scope` answer. Their browsers send no cookie with it: such
 * a page speaks for nobody unless it has an API token.
 */
export function allowOrigins(scope: FastifyInstance, origins: CorsOrigins): void {
  if (origins !== '*' && origins.length === 0) return
  scope.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    if (origins !== '*') reply.header('vary', 'Origin')
    if (origin !== undefined && (origins === '*' || origins.includes(origin))) {
      reply
        .header('access-control-allow-origin', origins === '*' ? '*' : origin)
        .header('access-control-allow-methods', METHODS)
        .header('access-control-allow-headers', HEADERS)
    }
    done()
  })
}
