import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import type { FastifyInstance, FastifyRequest } from 'fastify'

import { bearerOf } from './api-token.ts'
import { StoredSessions, type StoredSessionsOptions } from './session-store.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** With `false` the route has nothing to do with sessions, so that none is read for it: files, for instance. */
    session?: false
  }
}

/** The name of the cookie. */
export const SESSION_COOKIE = 'aldis_session'

/** More are not shown: the oldest go. */
const MOST_FLASHES = 10

/** What {@link installSessions} takes. */
export interface SessionsOptions extends StoredSessionsOptions {
  /** What the cookie is signed with: the site's key for `session`. */
  readonly key: Uint8Array
  /** Whether people reach the site by https: the cookie is then sent over nothing else. */
  readonly secure: boolean
  /** How long a session lives after it was last written. */
  readonly ttlMs: number
}

/**
 * Give the requests of `app` sessions, before it has routes. A session is kept, and its cookie
 * sent, once it has something to remember; without a cookie the store is never asked.
 *
 * A request with an API token, and a route with `config: { session: false }`, has an empty
 * session whatever its cookie says: a token and a cookie never speak for one request.
 */
export async function installSessions(app: FastifyInstance, options: SessionsOptions): Promise<void> {
  const { key, store, ttlMs, secure } = options
  await app.register(fastifyCookie)
  app.addHook('onRequest', (request, _reply, done) => {
    if (isWithoutSession(request)) request.cookies[SESSION_COOKIE] = undefined
    done()
  })
  await app.register(fastifySession, {
    secret: Buffer.from(key).toString('base64url'),
    cookieName: SESSION_COOKIE,
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: false, maxAge: ttlMs },
    store: new StoredSessions({ store, ttlMs, secure }),
    saveUninitialized: false,
    rolling: false,
  })
}

function isWithoutSession({ headers, routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.session === false || bearerOf(headers) !== undefined
}

/**
 * Log `userId` in, in a new session: whoever knew the id of the one before, and the tokens of its
 * forms, has nothing of it. What was to be shown on the next page still is.
 */
export async function login(request: FastifyRequest, userId: string): Promise<void> {
  await startAnew(request)
  request.session.userId = userId
}

/** End the session of `request`, in the store as well. What is to be shown on the next page still is. */
export async function logout(request: FastifyRequest): Promise<void> {
  await startAnew(request)
}

/** Who is logged in, as far as the session of `request` says. Whether the user still may, it does not know. */
export function sessionUserId(request: FastifyRequest): string | undefined {
  // Paths that cannot be decoded are answered without any hook, and so without a session.
  return request.session?.userId
}

/** Show `message` on the next page that takes its messages. */
export function flash(request: FastifyRequest, message: string): void {
  request.session.flash = [...(request.session.flash ?? []), message].slice(-MOST_FLASHES)
}

/** The messages to show on this page, oldest first. They are shown once. */
export function takeFlashes(request: FastifyRequest): readonly string[] {
  const messages = request.session?.flash
  if (messages === undefined) return []
  delete request.session.flash
  return messages
}

async function startAnew(request: FastifyRequest): Promise<void> {
  const messages = takeFlashes(request)
  await request.session.regenerate()
  if (messages.length > 0) request.session.flash = messages
}
