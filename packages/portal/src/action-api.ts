import { messageOf } from '@aldis/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { ActionError } from './action-errors.ts'
import { identify } from './caller-identity.ts'
import { statusCodeOf } from './error-answers.ts'
import type { PortalServices } from './portal-services.ts'
import type { ParameterOptions } from './request-parameters/parameter-options.ts'
import { installParameterParsers } from './request-parameters/parameter-parsers.ts'
import { readParameters } from './request-parameters/read-parameters.ts'
import type { Site } from './site.ts'

/** Exactly as CKAN spells it. */
const JSON_TYPE = 'application/json;charset=utf-8'

const VERSIONS = [1, 2, 3]

/**
 * Serve the actions as CKAN does: at `/api/3/action/NAME` and `/api/action/NAME`, by POST, or by GET where the action
 * only reads, answered in the envelope `{ help, success, result }` or `{ help, success, error }`.
 */
export async function serveActionApi(app: FastifyInstance, services: PortalServices): Promise<void> {
  const { site, actions, logger, storage, settings } = services
  const options: ParameterOptions = {
    storage,
    logger,
    maxUploadBytes: settings.maxUploadBytes,
    bodyLimitBytes: settings.bodyLimitBytes,
  }

  await app.register((scope, _options, done) => {
    installParameterParsers(scope, options)
    const config = { csrf: 'session' } as const
    for (const version of VERSIONS) {
      scope.get(`/api/${version}`, { config: { session: false } }, (_request, reply) => {
        sendBody(reply, 200, JSON.stringify({ version }))
      })
    }
    scope.setErrorHandler((error, request, reply) => {
      sendFailure(error, request, reply)
    })
    for (const prefix of ['/api/3/action', '/api/action']) {
      // A route for each action: the router finds one without parameters sooner. Others come with plugins that load later.
      for (const name of actions.names) {
        const handler = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
          call(name, request, reply)
        scope.route({ method: ['GET', 'POST'], url: `${prefix}/${name}`, config, handler })
      }
      scope.route<{ Params: { name: string } }>({
        method: ['GET', 'POST'],
        url: `${prefix}/:name`,
        config,
        handler: (request, reply) => call(request.params.name, request, reply),
      })
    }
    done()
  })

  /** A result that an action returned before is answered with what that came to. */
  const bodies = new WeakMap<object, string>()

  async function call(name: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const action = actions.find(name)
    if (action === undefined) {
      return sendBadRequest(reply, 400, `Action name not known: ${name}`)
    }
    if (request.method === 'GET' && action.sideEffectFree !== true) {
      return sendBadRequest(reply, 400, 'Invalid request. Please use POST method for your request')
    }
    const read = await readParameters(request, options)
    try {
      const actor = await identify(request, services)
      const result = await actions.call(name, read.parameters, { actor })
      return sendBody(reply, 200, bodyOf(name, result))
    } finally {
      await read.dispose()
    }
  }

  function bodyOf(name: string, result: unknown): string {
    const known = typeof result === 'object' && result !== null ? bodies.get(result) : undefined
    if (known !== undefined) return known
    const body = JSON.stringify({ help: helpUrl(site, name), success: true, result: result ?? null })
    if (typeof result === 'object' && result !== null) bodies.set(result, body)
    return body
  }

  function sendFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const name = request.routeOptions.url?.split('/').at(-1) ?? ''
    const help = helpUrl(site, name)
    if (error instanceof ActionError) {
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

/** CKAN answers what it cannot understand with a bare string. */
function sendBadRequest(reply: FastifyReply, statusCode: number, message: string): FastifyReply {
  return sendBody(reply, statusCode, JSON.stringify(`Bad request: ${message}`))
}

function sendBody(reply: FastifyReply, statusCode: number, body: string): FastifyReply {
  return reply.code(statusCode).header('content-type', JSON_TYPE).send(body)
}
