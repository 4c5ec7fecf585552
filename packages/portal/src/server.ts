import { randomBytes } from 'node:crypto'

import type { Application } from '@aldis/core'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

import { serveActionApi } from './action-api.ts'
import { serveAssets } from './assets.ts'
import { Accounts } from './accounts/accounts.ts'
import { pluginRoutes, servePluginRoutes, servePluginRoutesWithSession } from './blueprint-routes.ts'
import { DatabaseSessionStore } from './database-session-store.ts'
import { ErrorAnswers, statusCodeOf } from './error-answers.ts'
import { serveHealth, type Readiness } from './health.ts'
import { HelperCalls } from './template-helpers.ts'
import { installMiddleware } from './middleware.ts'
import { answerOtherMethods } from './other-methods.ts'
import { servePages } from './pages/page-routes.ts'
import type { PortalServices } from './portal-services.ts'
import { RequestSignals } from './request-signals.ts'
import { serveDownloads } from './resource-download.ts'
import { RouteOwners } from './route-owners.ts'
import { installCsrf } from './security/csrf.ts'
import { installSessions } from './security/sessions.ts'
import { sessionConstraint, WITH_SESSION } from './session-constraint.ts'
import { sweepStorage } from './storage/storage-sweep.ts'

/** What the server is built from. */
export interface ServerOptions {
  readonly application: Application
  readonly readiness: Readiness
  readonly services: PortalServices
}

/** Build the server, with all that plugins add to it. It does not listen yet. */
export async function buildServer({
  application,
  readiness,
  services,
}: ServerOptions): Promise<FastifyInstance> {
  const { host, logger, settings, site } = services
  const requestSignals = new RequestSignals({
    application,
    logger,
    receiverTimeoutMs: settings.receiverTimeoutMs,
  })
  const errorAnswers = new ErrorAnswers(site, logger)

  const app = Fastify({
    // Requests are logged by whoever listens to `request_finished`.
    logger: false,
    genReqId: requestIds(),
    routerOptions: { ignoreTrailingSlash: true, constraints: { session: sessionConstraint } },
    // A connection that stays open while the portal stops still gets its answers, and its signals.
    return503OnClosing: false,
    trustProxy: settings.trustProxy,
    // Called without any hook: paths that cannot be decoded, parameters that are too long.
    frameworkErrors: (error, request, reply) => {
      void answerUnrouted(error, request, reply)
    },
  })
  requestSignals.install(app)
  await installMiddleware(app, host)
  errorAnswers.install(app)
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (!readiness.ready) reply.header('connection', 'close')
    done()
  })
  async function answerUnrouted(error: Error, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await requestSignals.started(request)
    reply.statusCode = statusCodeOf(error)
    await requestSignals.finished(request, reply)
    errorAnswers.sendError(error, request, reply)
  }
  const owners = new RouteOwners()
  owners.watch(app)
  const finishMethods = answerOtherMethods(app, errorAnswers)

  serveAssets(app)
  serveHealth(app, readiness)
  const tools = {
    services,
    accounts: new Accounts(services, application),
    helpers: new HelperCalls(services.points, logger),
  }
  const routes = await pluginRoutes({ ...settings, site, host })
  // Whoever has no cookie is served without sessions, and so are files and probes.
  await serveActionApi(app, services)
  serveDownloads(app, services)
  await withSessions(app, services, async (scope) => {
    await serveActionApi(scope, services, WITH_SESSION)
    serveDownloads(scope, services, WITH_SESSION)
    await scope.register(async (pages) => servePages(pages, tools, errorAnswers))
  })
  for (const { plugin, route, url } of routes) owners.claim(plugin, route.method, url)
  await withSessions(app, services, (scope) =>
    servePluginRoutesWithSession(scope, routes, { ...settings, site }),
  )
  await servePluginRoutes(app, routes, { ...settings, site })
  sweepStorage(app, services)
  app.after(finishMethods)
  await app.ready()
  return app
}

/** A scope of `app` whose requests have sessions, with what `serve` adds to it. */
async function withSessions(
  app: FastifyInstance,
  { secret, settings, site }: PortalServices,
  serve: (scope: FastifyInstance) => Promise<void>,
): Promise<void> {
  await app.register(async (scope) => {
    await installSessions(scope, {
      key: secret.key('session'),
      store: new DatabaseSessionStore(),
      secure: settings.siteUrl?.startsWith('https:') ?? false,
      ttlMs: settings.sessionHours * 60 * 60 * 1000,
    })
    await installCsrf(scope, { key: secret.key('csrf'), site })
    await serve(scope)
  })
}

/** Numbers for requests that differ between servers and between runs too. */
function requestIds(): () => string {
  const server = randomBytes(4).toString('hex')
  let count = 0
  return () => `${server}-${++count}`
}
