import { AldisError } from '@aldis/core'
import fastifyCsrfProtection from '@fastify/csrf-protection'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { Parameters } from '../request-parameters/json-parameters.ts'
import { sessionUserId } from './sessions.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** With `'session'` only who is logged in by cookie needs a form's token: the action API. */
    csrf?: 'session'
  }
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** A request that changes something was not sent from a page that the site gave to this browser. */
export class CsrfError extends AldisError {
  readonly code = 'CSRF_REFUSED'
  readonly statusCode = 403

  constructor(reason: string) {
    super(`This was not accepted: ${reason}. Open the page of the form again and send it from there.`)
  }
}

/** What {@link installCsrf} takes. */
export interface CsrfOptions {
  /** What tokens are made with: the site's key for `csrf`. */
  readonly key: Uint8Array
  /** Where people reach the site. */
  readonly site: { readonly url: string }
}

/**
 * Refuse what other sites make a browser send to `app`: every POST, PUT, PATCH and DELETE needs the token
 * that {@link csrfToken} gave to the same session, as the body's `_csrf` or in the header `X-CSRF-Token`.
 * What a browser says of where a request is from has to fit as well. Call it after `installSessions`.
 *
 * A route with `config: { csrf: 'session' }` asks this of those only who are logged in by cookie, and a
 * route without sessions of nobody. The body must have been read before handlers run, a multipart one too.
 * A refusal is a {@link CsrfError}, which the error handler of `app` answers.
 */
export async function installCsrf(app: FastifyInstance, { key, site }: CsrfOptions): Promise<void> {
  await app.register(fastifyCsrfProtection, {
    sessionPlugin: '@fastify/session',
    csrfOpts: { hmacKey: Buffer.from(key).toString('base64url') },
    getToken: tokenOf,
  })
  const checker: TokenChecker = app
  app.addHook('preHandler', (request, _reply, done) => {
    if (!needsToken(request)) return done()
    if (!isFromHere(request, site.url)) return done(new CsrfError('it came from another site'))
    const refuse = (): void => done(new CsrfError("the form's token is missing, or too old"))
    return checker.csrfProtection(request, { send: refuse }, () => done())
  })
}

/** The token for the forms of the page that is sent with `reply`, for a hidden field `_csrf`. */
export function csrfToken(reply: FastifyReply): string {
  return reply.generateCsrf()
}

/** What a form was sent with, without its token: nothing that keeps what it gets is to have that. */
export function withoutCsrfToken(parameters: Parameters): Parameters {
  if (!('_csrf' in parameters)) return parameters
  const { _csrf, ...others } = parameters
  return others
}

/** What the library does with a reply is to send its own error; it is given this instead, for ours. */
interface TokenChecker {
  csrfProtection(request: FastifyRequest, reply: { send(): void }, done: () => void): void
}

function needsToken(request: FastifyRequest): boolean {
  if (SAFE_METHODS.has(request.method) || request.is404) return false
  const { session, csrf } = request.routeOptions.config
  if (session === false) return false
  return csrf !== 'session' || sessionUserId(request) !== undefined
}

/** Whether nothing says that the request is from elsewhere. Old browsers, and plain http, may say nothing. */
function isFromHere({ headers }: FastifyRequest, siteUrl: string): boolean {
  const fetchSite = headers['sec-fetch-site']
  if (fetchSite !== undefined) return fetchSite === 'same-origin' || fetchSite === 'none'
  const { origin } = headers
  // `null` stands for an origin that the browser keeps to itself.
  if (origin === undefined || origin === 'null') return true
  return origin === URL.parse(siteUrl)?.origin || URL.parse(origin)?.host === headers.host
}

function tokenOf({ body, headers }: FastifyRequest): string | undefined {
  const header = headers['x-csrf-token']
  if (typeof header === 'string') return header
  const field = typeof body === 'object' && body !== null && '_csrf' in body ? body._csrf : undefined
  return typeof field === 'string' ? field : undefined
}
