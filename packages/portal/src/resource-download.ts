import { signals } from '@aldis/core'
import { em } from '@aldis/models'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'

import { NotFoundError } from './action-errors.ts'
import { searchable } from './actions/datasets/dataset-reference.ts'
import { attachment } from './attachment.ts'
import { askedRange } from './byte-range.ts'
import { identify } from './caller-identity.ts'
import { Resource } from './entities/resource.ts'
import type { PortalServices } from './portal-services.ts'
import type { OpenedFile } from './storage/file-storage.ts'
import { isUuid } from './validators/uuid.ts'

interface Params {
  readonly id: string
  readonly rid: string
}

/**
 * Serve the files of resources at `/dataset/ID/resource/ID/download/FILE`, whatever the file is called there; links lead
 * to where they point. `constraints` are those of the routes.
 */
export function serveDownloads(
  app: FastifyInstance,
  services: PortalServices,
  constraints: NonNullable<RouteShorthandOptions['constraints']> = {},
): void {
  for (const url of [
    '/dataset/:id/resource/:rid/download',
    '/dataset/:id/resource/:rid/download/:filename',
  ]) {
    app.route<{ Params: Params }>({
      method: ['GET', 'HEAD'],
      exposeHeadRoute: false,
      url,
      constraints,
      handler: (request, reply) => download(services, request, reply),
    })
  }
}

async function download(
  services: PortalServices,
  request: FastifyRequest<{ Params: Params }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { id, rid } = request.params
  const actor = await identify(request, services)
  await services.actions.checkAccess('resource_show', { id: rid }, { actor })
  const resource = await resourceOf(id, rid)
  // What somebody may read, others may not: no cache between has it, and the browser asks each time.
  reply.header('cache-control', 'private, no-cache')
  return resource.fileId === null || resource.fileId === undefined
    ? reply.redirect(linkOf(resource), 302)
    : sendFile(services, resource, resource.fileId, request, reply)
}

/** The resource `rid`, when it is one of the dataset `id`. */
async function resourceOf(id: string, rid: string): Promise<Resource> {
  const resource = isUuid(rid)
    ? await em().findOne(Resource, {
        id: rid.toLowerCase(),
        state: 'active',
        dataset: isUuid(id) ? { id: id.toLowerCase() } : { name: searchable(id), state: { $ne: 'deleted' } },
      })
    : null
  if (resource === null) throw new NotFoundError()
  return resource
}

/** Only to where a browser goes by itself. */
function linkOf({ url }: Resource): string {
  const link = URL.parse(url)
  if (link?.protocol !== 'http:' && link?.protocol !== 'https:') {
    throw new NotFoundError('the resource is no file, and its link leads nowhere')
  }
  return link.href
}

async function sendFile(
  { storage, settings }: PortalServices,
  resource: Resource,
  fileId: string,
  { headers, method }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const etag = `"${resource.hash}"`
  const size = resource.size ?? 0
  reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'content-type': typeOf(resource),
    'content-disposition': attachment(decodeURIComponent(resource.url)),
    'x-content-type-options': 'nosniff',
    // Whatever somebody has uploaded: as a page of this site it may do nothing.
    'content-security-policy': "sandbox; default-src 'none'",
  })
  if (isFresh(headers['if-none-match'], etag)) return reply.code(304).send()
  const isSame = headers['if-range'] === undefined || headers['if-range'] === etag
  const range = method === 'GET' && isSame ? askedRange(headers.range, size) : 'all'
  if (range === 'none') return reply.code(416).header('content-range', `bytes */${size}`).send()
  const file = opened(await storage.open(fileId, range === 'all' ? undefined : range))
  if (range === 'all') {
    reply.header('content-length', file.size)
  } else {
    const { start, end } = range
    reply.code(206).headers({
      'content-length': end - start + 1,
      'content-range': `bytes ${start}-${end}/${file.size}`,
    })
  }
  if (method === 'HEAD') {
    file.stream.destroy()
    return reply.send()
  }
  if (signals.resourceDownload.isHeard) {
    const send = { timeoutMs: settings.receiverTimeoutMs }
    try {
      await signals.resourceDownload.sendRobustAsync(resource.id, {}, send)
    } catch (error) {
      // It could not be stored for a durable receiver.
      file.stream.destroy()
      throw error
    }
  }
  return reply.send(file.stream)
}

function opened(file: OpenedFile | undefined): OpenedFile {
  if (file === undefined) throw new NotFoundError('the file of the resource is missing')
  return file
}

function typeOf({ mimetype }: Resource): string {
  const type = mimetype ?? 'application/octet-stream'
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type
}

function isFresh(header: string | undefined, etag: string): boolean {
  return (header ?? '')
    .split(',')
    .some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
}
