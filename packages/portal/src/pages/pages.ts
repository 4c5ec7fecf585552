import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { ActionError, NotAuthorizedError } from '../action-errors.ts'
import type { ErrorAnswers } from '../error-answers.ts'
import { identify } from '../caller-identity.ts'
import { installParameterParsers } from '../request-parameters/parameter-parsers.ts'
import type { ParameterOptions } from '../request-parameters/parameter-options.ts'
import { readParameters, type RequestParameters } from '../request-parameters/read-parameters.ts'
import { PAGE_HEADERS } from '../security-headers.ts'
import { takeFlashes } from '../security/sessions.ts'
import { frameFor } from './frame.ts'
import { refusalPage } from './refusal-page.ts'
import { renderPage, type Page } from './page.ts'
import { Visit, type VisitTools } from './visit.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What a form was sent with, once it is read. */
    aldisForm: RequestParameters | undefined
  }
}

/** Where a visitor is sent instead: a path of this site. */
interface Redirection {
  readonly redirect: string
}

/** What comes of a visit. */
export type PageAnswer = Page | Redirection

/** Answers one visit. What it throws of the API's refusals becomes a page. */
export type PageHandler = (visit: Visit) => PageAnswer | Promise<PageAnswer>

/** The routes of pages in `scope`, which has sessions. */
export class Pages {
  readonly #scope: FastifyInstance
  readonly #tools: VisitTools

  constructor(scope: FastifyInstance, tools: VisitTools, errors: ErrorAnswers) {
    this.#scope = scope
    this.#tools = tools
    const { storage, logger, settings } = tools.services
    const options: ParameterOptions = {
      storage,
      logger,
      maxUploadBytes: settings.maxUploadBytes,
      bodyLimitBytes: settings.bodyLimitBytes,
    }
    installParameterParsers(scope, options)
    scope.decorateRequest('aldisForm', undefined)
    scope.addHook('preValidation', async (request) => {
      if (request.method !== 'POST') return
      request.aldisForm = await readParameters(request, options)
      // The form's token is looked for here.
      request.body = request.aldisForm.parameters
    })
    scope.addHook('onResponse', async (request) => {
      await request.aldisForm?.dispose()
    })
    scope.setErrorHandler(async (error, request, reply) => {
      if (!(error instanceof ActionError)) {
        errors.sendError(error, request, reply)
        return reply
      }
      const visit = await this.#visit(request, reply)
      if (error instanceof NotAuthorizedError && visit.actor === null && request.method === 'GET') {
        return reply.redirect(`/user/login?${new URLSearchParams({ next: request.url }).toString()}`)
      }
      return this.#send(visit, request, reply, refusalPage(error))
    })
  }

  /** Answer visits of `path`. */
  show(path: string, handler: PageHandler): void {
    this.#scope.get(path, (request, reply) => this.#answer(request, reply, handler))
  }

  /** Answer forms that are sent to `path`. */
  submit(path: string, handler: PageHandler): void {
    this.#scope.post(path, (request, reply) => this.#answer(request, reply, handler))
  }

  async #answer(request: FastifyRequest, reply: FastifyReply, handler: PageHandler): Promise<FastifyReply> {
    const visit = await this.#visit(request, reply)
    const answer = await handler(visit)
    if ('redirect' in answer) {
      return reply.header('cache-control', 'no-store').redirect(answer.redirect, 302)
    }
    return this.#send(visit, request, reply, answer)
  }

  async #visit(request: FastifyRequest, reply: FastifyReply): Promise<Visit> {
    const actor = await identify(request, this.#tools.services)
    return new Visit(request, reply, actor, this.#tools)
  }

  #send(visit: Visit, request: FastifyRequest, reply: FastifyReply, page: Page): FastifyReply {
    const messages = takeFlashes(request)
    const body = renderPage(frameFor(visit, messages), page)
    const personal = visit.personal || messages.length > 0
    return reply
      .code(page.status ?? 200)
      .headers(PAGE_HEADERS)
      .header('cache-control', personal ? 'no-store' : 'no-cache')
      .header('vary', 'Cookie, Authorization')
      .send(body)
  }
}
