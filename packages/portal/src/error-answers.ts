import { STATUS_CODES } from 'node:http'

import { messageOf, type Logger } from '@aldis/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { html } from './html.ts'
import { plainFrame } from './pages/frame.ts'
import { renderPage } from './pages/page.ts'
import { PAGE_HEADERS } from './security-headers.ts'
import type { Site } from './site.ts'

/** The status code that `error` asks for, or 500. */
export function statusCodeOf(error: unknown): number {
  const asked =
    typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined
  return typeof asked === 'number' && asked >= 400 && asked <= 599 ? asked : 500
}

/** What a request is told when it cannot have what it asked for. */
interface ErrorAnswer {
  readonly statusCode: number
  readonly message: string
}

/** Answers that are errors: a page for those who read pages, JSON for everyone else. */
export class ErrorAnswers {
  readonly #site: Site
  readonly #logger: Logger

  constructor(site: Site, logger: Logger) {
    this.#site = site
    this.#logger = logger
  }

  /** Answer unknown paths and failing handlers of `app`. */
  install(app: FastifyInstance): void {
    app.setNotFoundHandler((request, reply) => {
      this.send(request, reply, { statusCode: 404, message: `There is nothing at ${pathOf(request)}.` })
    })
    app.setErrorHandler((error, request, reply) => {
      this.sendError(error, request, reply)
    })
  }

  /** Answer with what `error` may tell: a failure of ours goes to the log, and its number to the one who asked. */
  sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const statusCode = statusCodeOf(error)
    if (statusCode < 500) {
      this.send(request, reply, { statusCode, message: messageOf(error) })
      return
    }
    this.#logger.error(
      { err: error, requestId: request.id, method: request.method, path: pathOf(request) },
      'a request failed',
    )
    const message =
      statusCode === 503
        ? 'This takes too long at the moment. Try again later.'
        : 'Something went wrong here.'
    this.send(request, reply, { statusCode, message: `${message} (request ${request.id})` })
  }

  /** Answer `request` with `answer`, in the form that it accepts. */
  send(request: FastifyRequest, reply: FastifyReply, { statusCode, message }: ErrorAnswer): void {
    const error = STATUS_CODES[statusCode] ?? 'Error'
    reply.code(statusCode)
    if (readsPages(request)) {
      const body = html`<h1>${error}</h1>
        <p class="lead">${message}</p>
        <p><a href="/">To the home page</a></p>`
      reply.headers(PAGE_HEADERS).send(renderPage(plainFrame(this.#site), { title: error, body }))
    } else {
      reply.send({ statusCode, error, message })
    }
  }
}

function readsPages({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') ?? false
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? url
}
