import { signals, type Application, type HttpRequest, type Logger } from '@aldis/core'
import type { AnySignal } from '@aldis/signals'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** When the portal saw the request, on the clock of `performance.now()`. */
    aldisStartedAt: number
    /** Whether `request_finished` was sent, or is being sent. */
    aldisFinished: boolean
  }
}

/** What request signals are sent with. */
export interface RequestSignalsOptions {
  readonly application: Application
  readonly logger: Logger
  /** How long one receiver may hold up a request. */
  readonly receiverTimeoutMs: number
}

/**
 * Sends `request_started` and `request_finished`, each once for every request
 * that reaches the router, and lets the request go on whatever receivers do.
 */
export class RequestSignals {
  readonly #application: Application
  readonly #logger: Logger
  readonly #options: { readonly timeoutMs: number }

  constructor({ application, logger, receiverTimeoutMs }: RequestSignalsOptions) {
    this.#application = application
    this.#logger = logger
    this.#options = { timeoutMs: receiverTimeoutMs }
  }

  /** Add the hooks to `app`, before anything else has a hook. */
  install(app: FastifyInstance): void {
    app.decorateRequest('aldisStartedAt', 0)
    app.decorateRequest('aldisFinished', false)
    // While nobody hears a signal, nothing is made for it: that is what keeps it free.
    app.addHook('onRequest', (request, _reply, done) => {
      if (signals.requestStarted.isHeard) return this.started(request)
      request.aldisStartedAt = performance.now()
      return done()
    })
    app.addHook('onSend', (request, reply, _payload, done) => {
      if (signals.requestFinished.isHeard) return this.finished(request, reply)
      request.aldisFinished = true
      return done()
    })
  }

  /** Send `request_started`; resolves when its receivers are done, and never rejects. */
  started(request: FastifyRequest): Promise<void> {
    request.aldisStartedAt = performance.now()
    const { requestStarted } = signals
    const payload = { request: describe(request) }
    return this.#settle(
      requestStarted,
      requestStarted.sendRobustAsync(this.#application, payload, this.#options),
    )
  }

  /** Send `request_finished` unless it was sent for this request; resolves when its receivers are done, and never rejects. */
  finished(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // Fastify comes here again when a later hook throws, or when a handler answers twice.
    if (request.aldisFinished) return Promise.resolve()
    request.aldisFinished = true
    const { requestFinished } = signals
    const durationMs = performance.now() - request.aldisStartedAt
    const payload = { request: describe(request), response: { statusCode: reply.statusCode, durationMs } }
    return this.#settle(
      requestFinished,
      requestFinished.sendRobustAsync(this.#application, payload, this.#options),
    )
  }

  /** Failures of receivers are in the host's error sink; what is left is a send that could not be made. */
  #settle(signal: AnySignal, sent: Promise<unknown>): Promise<void> {
    return sent.then(nothing, (err: unknown) => {
      this.#logger.error({ err, signal: String(signal) }, 'a request signal could not be sent')
    })
  }
}

/** A hook's value would become the answer's body. */
function nothing(): void {}

/** The request as receivers see it. */
function describe(request: FastifyRequest): HttpRequest {
  const { id, method, url, ip } = request
  const query = url.indexOf('?')
  return { id, method, path: query === -1 ? url : url.slice(0, query), remoteAddress: ip }
}
