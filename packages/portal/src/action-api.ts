import { messageOf, type Logger } from '@aldis/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { Action, ActionOutcome } from './actions/action.ts'
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
    app.get(`/api/${version}`, (_request, reply) => {
      sendJson(reply, 200, { version })
    })
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
        help: helpUrl(site, request.routeOptions.url?.split('/').at(-1) ?? ''),
        success: false,
        error: { __type: 'Internal Server Error', message: 'Internal Server Error' },
      })
    })
    for (const prefix of ['/api/3/action', '/api/action']) {
      // A route for each action: the router finds one without parameters sooner.
      for (const action of actions.values()) {
        const url = `${prefix}/${action.name}`
        scope.get(url, (request, reply) => call(action, reply, request.query))
        scope.post(url, (request, reply) => call(action, reply, request.body ?? {}))
      }
      scope.route({ method: ['GET', 'POST'], url: `${prefix}/:name`, handler: refuseUnknown })
    }
    done()
  })

  /** An action that returns the outcome it returned before is answered with what that came to. */
  const bodies = new WeakMap<ActionOutcome, string>()

  /** A promise only where the action gave one: Fastify waits for what a handler returns. */
  function call(action: Action, reply: FastifyReply, parameters: unknown): Promise<FastifyReply> | undefined {
    const { name } = action
    if (!isObject(parameters)) {
      sendBadRequest(reply, 400, 'JSON Error: the body must be an object')
      return undefined
    }
    const outcome = action.run(parameters)
    if (outcome instanceof Promise) {
      return outcome.then((settled) => {
        sendOutcome(reply, name, settled)
        return reply
      })
    }
    sendOutcome(reply, name, outcome)
    return undefined
  }

  function sendOutcome(reply: FastifyReply, name: string, outcome: ActionOutcome): void {
    let body = bodies.get(outcome)
    if (body === undefined) {
      body = JSON.stringify(envelopeOf(helpUrl(site, name), outcome))
      bodies.set(outcome, body)
    }
    sendBody(reply, outcome.success ? 200 : outcome.statusCode, body)
  }
}

function refuseUnknown({ params }: FastifyRequest<{ Params: { name: string } }>, reply: FastifyReply): void {
  sendBadRequest(reply, 400, `Action name not known: ${params.name}`)
}

function helpUrl({ url }: Site, name: string): string {
  return `${url}/api/3/action/help_show?name=${name}`
}

/** Why a body cannot be read. Fastify's own words speak of a content type that need not have been sent. */
function reasonOf(error: unknown): string {
  const notJson = error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_INVALID_JSON_BODY'
  return notJson ? 'the body cannot be read as JSON' : messageOf(error)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function envelopeOf(help: string, outcome: ActionOutcome): object {
  if (outcome.success) return { help, success: true, result: outcome.result }
  return { help, success: false, error: outcome.error }
}

function sendJson(reply: FastifyReply, statusCode: number, value: unknown): void {
  sendBody(reply, statusCode, JSON.stringify(value))
}

function sendBody(reply: FastifyReply, statusCode: number, body: string): void {
  reply.code(statusCode).header('content-type', JSON_TYPE).send(body)
}

/** CKAN answers what it cannot make a call of with a bare string, without the envelope. */
function sendBadRequest(reply: FastifyReply, statusCode: number, reason: string): void {
  sendJson(reply, statusCode, `Bad request: ${reason}`)
}
