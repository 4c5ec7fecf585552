import { randomBytes } from 'node:crypto'

import type { Application } from '@aldis/core'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

import { serveActionApi } from './action-api.ts'
import { serveAssets } from './assets.ts'
import { serveRegisteredTypes } from './blueprint-routes.ts'
import { ErrorAnswers, statusCodeOf } from './error-answers.ts'
import { serveHealth, type Readiness } from './health.ts'
import { homePage } from './home-page.ts'
import { answerOtherMethods } from './other-methods.ts'
import { renderPage } from './page.ts'
import type { PortalServices } from './portal-services.ts'
import { RequestSignals } from './request-signals.ts'
import { PAGE_HEADERS } from './security-headers.ts'

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
    routerOptions: { ignoreTrailingSlash: true },
    // A connection that stays open while the portal stops still gets its answers, and its signals.
    return503OnClosing: false,
    trustProxy: settings.trustProxy,
    // Called without any hook: paths that cannot be decoded, parameters that are too long.
    frameworkErrors: (error, request, reply) => {
      void answerUnrouted(error, request, reply)
    },
  })
  requestSignals.install(app)
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
  const finishMethods = answerOtherMethods(app, errorAnswers)

  serveAssets(app)
  serveHealth(app, readiness)
  app.get('/', (_request, reply) => {
    reply.headers(PAGE_HEADERS).send(renderPage(site, homePage(site, host)))
  })
  await serveActionApi(app, services)
  await serveRegisteredTypes(app, { ...settings, site, host, logger })
  app.after(finishMethods)
  await app.ready()
  return app
}

/** Numbers for requests that differ between servers and between runs too. */
function requestIds(): () => string {
  const server = randomBytes(4).toString('hex')
  let count = 0
  return () => `${server}-${++count}`
}
