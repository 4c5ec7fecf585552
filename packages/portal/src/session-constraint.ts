import type { FastifyServerOptions } from 'fastify'

import { SESSION_COOKIE } from './security/sessions.ts'

type Constraint = NonNullable<NonNullable<FastifyServerOptions['routerOptions']>['constraints']>[string]
type Handler = NonNullable<ReturnType<ReturnType<Constraint['storage']>['get']>>

/** What a route says that is only for requests that come with the session's cookie. */
export const WITH_SESSION = { session: 'cookie' } as const

const COOKIE = new RegExp(`(?:^|;)\\s*${SESSION_COOKIE}=`)

/**
 * Lets the router tell requests with a session's cookie from those without, so that a route can be there twice: programs
 * that use the API then pay nothing for sessions.
 */
export const sessionConstraint: Constraint = {
  name: 'session',
  storage() {
    const handlers = new Map<unknown, Handler>()
    return {
      get: (value) => handlers.get(value) ?? null,
      set: (value, handler) => void handlers.set(value, handler),
    }
  },
  deriveConstraint: ({ headers }) =>
    headers.cookie !== undefined && COOKIE.test(headers.cookie) ? WITH_SESSION.session : '',
  validate() {},
}
