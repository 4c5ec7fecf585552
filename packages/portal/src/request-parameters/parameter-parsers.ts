import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'

import { formParameters } from './form-parameters.ts'
import { jsonParameters, type Parameters } from './json-parameters.ts'
import { ContentTypeError, ParametersInvalidError } from './parameter-errors.ts'
import { BODY_LIMIT_BYTES, type ParameterOptions } from './parameter-options.ts'

/** More than any form of the portal has. */
const MAX_FILES = 10

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Have `scope` take the bodies that `readParameters` reads, in place of all that it took before.
 * The options are those of `readParameters`.
 *
 * Use a scope of its own, registered with Fastify: routes elsewhere keep their parsers. An
 * answer that is sent before the body was read ends the connection, so that
 * nobody goes on sending what nobody wants.
 *
 * A body that cannot be read is an error with a `statusCode`, for the scope's error handler.
 */
export function installParameterParsers(
  scope: FastifyInstance,
  { bodyLimitBytes = BODY_LIMIT_BYTES }: ParameterOptions,
): void {
  const parse = { parseAs: 'buffer', bodyLimit: bodyLimitBytes } as const
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser<Buffer>(['application/json', 'text/plain'], parse, (_request, body, done) => {
    settle(done, () => parametersIn(body, jsonParameters))
  })
  scope.addContentTypeParser<Buffer>('application/x-www-form-urlencoded', parse, (_request, body, done) => {
    settle(done, () => parametersIn(body, formParameters))
  })
  scope.addContentTypeParser<Buffer>('*', parse, ({ headers }, body, done) => {
    const type = headers['content-type']
    settle(done, () => {
      if (type !== undefined && body.length > 0) throw new ContentTypeError(type)
      return parametersIn(body, jsonParameters)
    })
  })
  scope.register(multipart, {
    // A field is cut one byte too late, so that it counts as too large. The storage counts a file's bytes.
    limits: { fieldSize: bodyLimitBytes + 1, fileSize: Number.POSITIVE_INFINITY, files: MAX_FILES },
  })
  scope.addHook('onSend', (request, reply, _payload, done) => {
    if (announcesBody(request) && !request.raw.complete) reply.header('connection', 'close')
    done()
  })
}

function parametersIn(body: Buffer, read: (text: string) => Parameters): Parameters {
  const text = decode(body)
  return text.trim() === '' ? {} : read(text)
}

function decode(body: Buffer): string {
  try {
    return utf8.decode(body)
  } catch {
    throw new ParametersInvalidError('JSON Error: the body is not UTF-8')
  }
}

function settle(done: (error: Error | null, body?: unknown) => void, read: () => Parameters): void {
  let parameters: Parameters
  try {
    parameters = read()
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)))
    return
  }
  done(null, parameters)
}

function announcesBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
