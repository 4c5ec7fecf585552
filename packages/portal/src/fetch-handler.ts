import { Readable } from 'node:stream'

import type { Blueprint, BlueprintRoute } from '@aldis/core'
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'

import { BlueprintResponseError, HandlerTimeoutError } from './blueprint-errors.ts'
import type { Site } from './site.ts'
import { joinPath } from './join-path.ts'

/** A Fastify handler that answers with `route`, which speaks the Fetch API and may take `timeoutMs`. */
export function fetchHandler(
  site: Site,
  blueprint: Blueprint,
  route: BlueprintRoute,
  timeoutMs: number,
): RouteHandlerMethod {
  return async (request, reply) => {
    const deadline = Promise.withResolvers<never>()
    const aborter = new AbortController()
    // Fastify's own signal and timeout end as soon as a body has been read.
    reply.raw.once('close', () => aborter.abort())
    const timer = setTimeout(() => {
      const error = new HandlerTimeoutError(blueprint.name, timeoutMs)
      aborter.abort(error)
      deadline.reject(error)
    }, timeoutMs)
    const answer: unknown = await Promise.race([
      Promise.try(() => route.handler(toFetchRequest(site, request, aborter.signal), paramsOf(request))),
      deadline.promise,
    ]).finally(() => clearTimeout(timer))
    if (isResponse(answer) && !answer.bodyUsed) return sendResponse(reply, answer)
    const where = `${route.method} ${joinPath(blueprint.prefix, route.path)}`
    const kind = isResponse(answer) ? 'a Response whose body was read already' : kindOf(answer)
    throw new BlueprintResponseError(blueprint.name, where, kind)
  }
}

const served = new WeakMap<Request, FastifyRequest>()

/** The request that `request` stands for; undefined when no route of a plugin was called with it. */
export function servedAs(request: Request): FastifyRequest | undefined {
  return served.get(request)
}

/** The request in the Fetch API's terms. Its signal is aborted when the client leaves or the time is up. */
function toFetchRequest(site: Site, request: FastifyRequest, signal: AbortSignal): Request {
  const { method, raw } = request
  const headers = new Headers()
  for (const [name, value] of Object.entries(raw.headersDistinct)) {
    for (const one of value ?? []) headers.append(name, one)
  }
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const made = new Request(new URL(request.url, site.url), {
    method,
    headers,
    signal,
    ...(hasBody && { body: Readable.toWeb(raw), duplex: 'half' }),
  })
  served.set(made, request)
  return made
}

function paramsOf({ params }: FastifyRequest): Record<string, string> {
  return Object.fromEntries(Object.entries(params ?? {}).map(([name, value]) => [name, String(value)]))
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value
}

function isResponse(value: unknown): value is Response {
  return Object.prototype.toString.call(value) === '[object Response]'
}

/** The status goes first: `request_finished` is sent before Fastify takes it from the response. */
function sendResponse(reply: FastifyReply, response: Response): FastifyReply {
  return reply.code(response.status).send(response)
}
