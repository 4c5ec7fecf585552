import type { FastifyRequest } from 'fastify'

import { queryParameters } from './form-parameters.ts'
import { isParameters, type Parameters } from './json-parameters.ts'
import { multipartParameters } from './multipart-parameters.ts'
import type { ParameterOptions } from './parameter-options.ts'
import type { UploadedFile } from './uploaded-file.ts'

/** What a request asks with. */
export interface RequestParameters {
  readonly parameters: Parameters
  /** The files among the parameters, in the order they came in. */
  readonly uploads: readonly UploadedFile[]
  /**
   * Remove the uploads that nobody claimed. Call it when the request is done, also
   * when it failed. It never rejects: a file that cannot be removed is logged and left to the next sweep.
   */
  dispose(): Promise<void>
}

/**
 * Read the parameters of `request`: of GET and HEAD the query, of other methods the body.
 * A name that is there several times has a list. Values of forms and queries are strings.
 *
 * The request must be to a route of a scope with `installParameterParsers`, and can be
 * read once.
 *
 * @throws ParametersInvalidError, BodyTooLargeError, UploadTooLargeError or StorageFullError, with nothing left in the storage
 */
export async function readParameters(
  request: FastifyRequest,
  options: ParameterOptions,
): Promise<RequestParameters> {
  const { storage, logger } = options
  const uploads: UploadedFile[] = []
  async function dispose(): Promise<void> {
    for (const { id } of uploads.filter(({ claimed }) => !claimed)) {
      await storage.remove(id).catch((error: unknown) => {
        logger.warn({ err: error, file: id }, 'an upload that nobody wants could not be removed')
      })
    }
  }

  try {
    return { parameters: await parametersOf(request, uploads, options), uploads, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function parametersOf(
  request: FastifyRequest,
  uploads: UploadedFile[],
  options: ParameterOptions,
): Promise<Parameters> {
  if (request.method === 'GET' || request.method === 'HEAD') return queryParameters(request.url)
  if (request.isMultipart()) return multipartParameters(request, uploads, options)
  return isParameters(request.body) ? request.body : {}
}
