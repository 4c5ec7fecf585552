import { messageOf } from '@aldis/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { ActionError, NotAuthorizedError } from './action-errors.ts'
import { identify } from './caller-identity.ts'
import { allowOrigins } from './cors.ts'
import { statusCodeOf } from './error-answers.ts'
import type { PortalServices } from './portal-services.ts'
import { queryParameters } from './request-parameters/form-parameters.ts'
import type { Parameters } from './request-parameters/json-parameters.ts'
import type { ParameterOptions } from './request-parameters/parameter-options.ts'
import { installParameterParsers } from './request-parameters/parameter-parsers.ts'
import { readParameters } from './request-parameters/read-parameters.ts'
import { CsrfError, withoutCsrfToken } from './security/csrf.ts'
import type { Site } from './site.ts'

/** Exactly as CKAN spells it. */
const JSON_TYPE = 'application/json;charset=utf-8'

const VERSIONS = [1, 2, 3]

/** Which requests routes are for, as the router tells them apart. */
type RouteConstraints = { readonly [constraint: string]: string }

const ALLOWED = 'GET, POST, HEAD, OPTIONS'

const PREFIXES = ['/api/3/action', '/api/action']

/**
 * Serve the actions as CKAN does: at `/api/3/action/NAME` and `/api/action/NAME`, by POST, or by GET where the action
 * only reads, answered in the envelope `{ help, success, result }` or `{ help, success, error }`.
 * With `constraints` for the requests that fit them alone.
 */
export async function serveActionApi(
  app: FastifyInstance,
  services: PortalServices,
  constraints: RouteConstraints = {},
): Promise<void> {
  const { site, actions, logger, storage, settings } = services
  const options: ParameterOptions = {
    storage,
    logger,
    maxUploadBytes: settings.maxUploadBytes,
    bodyLimitBytes: settings.bodyLimitBytes,
  }

  await app.register(async (scope) => {
    allowOrigins(scope, settings.corsOrigins)
    scope.setErrorHandler((error, request, reply) => {
      sendFailure(error, request, reply)
    })
    for (const version of VERSIONS) {
      scope.get(`/api/${version}`, { config: { session: false }, constraints }, (_request, reply) => {
        sendBody(reply, 200, JSON.stringify({ version }))
      })
    }
    for (const prefix of PREFIXES) addRoutes(scope, 'GET', prefix)
    for (const prefix of PREFIXES) addRoutes(scope, 'OPTIONS', prefix)
    // Only what has a body pays for reading bodies.
    await scope.register((bodies, _options, done) => {
      installParameterParsers(bodies, options)
      for (const prefix of PREFIXES) addRoutes(bodies, 'POST', prefix)
      done()
    })
  })

  /** One route for all actions: the router finds it sooner than one of many, and plugins may load later. */
  function addRoutes(scope: FastifyInstance, method: 'GET' | 'POST' | 'OPTIONS', prefix: string): void {
    const shared = { method, constraints, config: { csrf: 'session' as const } }
    scope.route<{ Params: { name: string } }>({
      ...shared,
      url: `${prefix}/:name`,
      handler: (request, reply) => call(request.params.name, request, reply),
    })
  }

  /** What frozen results came to: whoever returns one again has it answered without writing it anew. */
  const written = new WeakMap<object, { readonly name: string; readonly body: string }>()

  async function call(name: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    // With the headers that tell a browser which sites may ask.
    if (request.method === 'OPTIONS') return reply.code(204).header('allow', ALLOWED).send()
    const action = actions.find(name)
    if (action === undefined) {
      return sendBadRequest(reply, 400, `Action name not known: ${name}`)
    }
    if (request.method === 'GET' && action.sideEffectFree !== true) {
      return sendBadRequest(reply, 400, 'Invalid request. Please use POST method for your request')
    }
    if (request.method !== 'POST') {
      return sendBody(reply, 200, bodyOf(name, await callAs(name, queryParameters(request.url), request)))
    }
    const read = await readParameters(request, options)
    try {
      const result = await callAs(name, withoutCsrfToken(read.parameters), request)
      return await sendBody(reply, 200, bodyOf(name, result))
    } finally {
      await read.dispose()
    }
  }

  /** Call an action as who sent `request`. Who sends neither a token nor a cookie is nobody, and need not be waited for. */
  function callAs(name: string, parameters: Parameters, request: FastifyRequest): Promise<unknown> {
    const { authorization, cookie } = request.headers
    if (authorization === undefined && cookie === undefined) return actions.call(name, parameters)
    return identify(request, services).then((actor) => actions.call(name, parameters, { actor }))
  }

  function bodyOf(name: string, result: unknown): string {
    const lasting =
      typeof result === 'object' && result !== null && Object.isFrozen(result) ? result : undefined
    const known = lasting && written.get(lasting)
    if (known?.name === name) return known.body
    const body = JSON.stringify({ help: helpUrl(site, name), success: true, result: result ?? null })
    if (lasting) written.set(lasting, { name, body })
    return body
  }

  function sendFailure(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = thrown instanceof CsrfError ? new NotAuthorizedError(thrown.message) : thrown
    const name = actionOf(request)
    const help = helpUrl(site, name)
    if (error instanceof ActionError) {
      if (error.statusCode >= 500)
        logger.error({ err: error, requestId: request.id, action: name }, 'an action failed')
      sendBody(reply, error.statusCode, JSON.stringify({ help, success: false, error: error.failure }))
      return
    }
    const statusCode = statusCodeOf(error)
    if (statusCode < 500) {
      sendBadRequest(reply, statusCode, messageOf(error))
      return
    }
    logger.error({ err: error, requestId: request.id, action: name }, 'an action failed')
    const told = { __type: 'Internal Server Error', message: 'Internal Server Error' }
    sendBody(reply, statusCode, JSON.stringify({ help, success: false, error: told }))
  }
}

function helpUrl({ url }: Site, name: string): string {
  return `${url}/api/3/action/help_show?name=${name}`
}

/** The action that the path of `request` names. */
function actionOf({ params }: FastifyRequest): string {
  const named = typeof params === 'object' && params !== null && 'name' in params ? params.name : ''
  return typeof named === 'string' ? named : ''
}

/** CKAN answers what it cannot understand with a bare string. */
function sendBadRequest(reply: FastifyReply, statusCode: number, message: string): FastifyReply {
  return sendBody(reply, statusCode, JSON.stringify(`Bad request: ${message}`))
}

function sendBody(reply: FastifyReply, statusCode: number, body: string): FastifyReply {
  return reply.code(statusCode).header('content-type', JSON_TYPE).send(body)
}
