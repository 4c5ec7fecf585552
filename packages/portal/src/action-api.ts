import { messageOf, type Logger } from '@aldis/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { Action, ActionOutcome, ActionParameters } from './actions/action.ts'
import { statusCodeOf } from './error-answers.ts'
import type { Site } from './site.ts'

/** Exactly as CKAN spells it. */
const JSON_TYPE = 'application/json;charset=utf-8'

const VERSIONS = [1, 2, 3]

/** What the action API needs. */
export interface ActionApiOptions {
  readonly site: Site
  readonly actions: ReadonlyMap<string, Action>
  readonly logger: Logger
}

/**
 * Serve the actions as CKAN does: at `/api/3/action/NAME` and `/api/action/NAME`,
 * by GET with a query or by POST with a JSON object, answered in the envelope
 * `{ help, success, result }` or `{ help, success, error }`.
 */
export function serveActionApi(app: FastifyInstance, { site, actions, logger }: ActionApiOptions): void {
  for (const version of VERSIONS) {
    app.get(`/api/${version}`, (_request, reply) => sendJson(reply, 200, { version }))
  }

  app.register((scope, _options, done) => {
    // Whatever the content type says, the body is JSON: `curl -d '{…}'` calls it a form.
    scope.removeAllContentTypeParsers()
    const parse = scope.getDefaultJsonParser('error', 'error')
    scope.addContentTypeParser<string>('*', { parseAs: 'string' }, (request, body, parsed) =>
      body === '' ? parsed(null, {}) : parse(request, body, parsed),
    )
    scope.setErrorHandler((error, request, reply) => {
      const statusCode = statusCodeOf(error)
      if (statusCode === 400) return sendBadRequest(reply, statusCode, `JSON Error: ${reasonOf(error)}`)
      if (statusCode < 500) return sendBadRequest(reply, statusCode, messageOf(error))
      logger.error({ err: error, requestId: request.id }, 'an action failed')
      return sendJson(reply, statusCode, {
        help: helpUrl(site, nameOf(request)),
        success: false,
        error: { __type: 'Internal Server Error', message: 'Internal Server Error' },
      })
    })
    for (const url of ['/api/3/action/:name', '/api/action/:name']) {
      scope.get(url, (request, reply) => call(request, reply, queryOf(request)))
      scope.post(url, (request, reply) => {
        const parameters = request.body ?? {}
        if (isObject(parameters)) return call(request, reply, parameters)
        return sendBadRequest(reply, 400, 'JSON Error: the body must be an object')
      })
    }
    done()
  })

  function call(
    request: FastifyRequest,
    reply: FastifyReply,
    parameters: ActionParameters,
  ): FastifyReply | Promise<FastifyReply> {
    const name = nameOf(request)
    const action = actions.get(name)
    if (action === undefined) {
      return sendBadRequest(reply, 400, `Action name not known: ${name}`)
    }
    const outcome = action.run(parameters)
    return outcome instanceof Promise
      ? outcome.then((settled) => sendOutcome(reply, name, settled))
      : sendOutcome(reply, name, outcome)
  }

  function sendOutcome(reply: FastifyReply, name: string, outcome: ActionOutcome): FastifyReply {
    const help = helpUrl(site, name)
    if (outcome.success) return sendJson(reply, 200, { help, success: true, result: outcome.result })
    return sendJson(reply, outcome.statusCode, { help, success: false, error: outcome.error })
  }
}

function helpUrl({ url }: Site, name: string): string {
  return `${url}/api/3/action/help_show?name=${encodeURIComponent(name)}`
}

function nameOf({ params }: FastifyRequest): string {
  return isObject(params) && typeof params['name'] === 'string' ? params['name'] : ''
}

function queryOf({ query }: FastifyRequest): ActionParameters {
  return isObject(query) ? query : {}
}

/** Why a body cannot be read. Fastify's own words speak of a content type that need not have been sent. */
function reasonOf(error: unknown): string {
  const notJson = error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_INVALID_JSON_BODY'
  return notJson ? 'the body is not JSON' : messageOf(error)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sendJson(reply: FastifyReply, statusCode: number, value: unknown): FastifyReply {
  return reply.code(statusCode).header('content-type', JSON_TYPE).send(JSON.stringify(value))
}

/** CKAN answers what it cannot make a call of with a bare string, without the envelope. */
function sendBadRequest(reply: FastifyReply, statusCode: number, reason: string): FastifyReply {
  return sendJson(reply, statusCode, `Bad request: ${reason}`)
}
