import { randomUUID } from 'node:crypto'

import { messageOf } from '@aldis/core'
import type { Multipart, MultipartFile, MultipartValue } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import mime from 'mime'

import { UploadTooLargeError } from '../storage/storage-errors.ts'
import { cleanFileName } from './file-name.ts'
import { gatherParameters } from './form-parameters.ts'
import { checkKeys, type Parameters } from './json-parameters.ts'
import { BodyTooLargeError, ParametersInvalidError } from './parameter-errors.ts'
import { BODY_LIMIT_BYTES, type ParameterOptions } from './parameter-options.ts'
import { UploadedFile } from './uploaded-file.ts'

/**
 * The parameters in the multipart body of `request`. Files go to the storage as
 * they come in, and are added to `uploads`, also when the request fails later.
 */
export async function multipartParameters(
  request: FastifyRequest,
  uploads: UploadedFile[],
  { storage, maxUploadBytes, bodyLimitBytes = BODY_LIMIT_BYTES }: ParameterOptions,
): Promise<Parameters> {
  if (Number(request.headers['content-length']) > maxUploadBytes + bodyLimitBytes) {
    throw new UploadTooLargeError(maxUploadBytes)
  }
  const entries: [string, unknown][] = []
  let fieldBytes = 0
  let fileBytes = 0
  for await (const part of partsOf(request)) {
    // Undefined when the client gave none, whatever its type says.
    const name: string | undefined = part.fieldname
    if (name === undefined) throw new ParametersInvalidError('a part of the multipart body has no name')
    if (part.type === 'field') {
      fieldBytes += sizeOf(part)
      if (fieldBytes > bodyLimitBytes) {
        throw new BodyTooLargeError(
          `The fields are too large: they may have at most ${bodyLimitBytes} bytes.`,
        )
      }
      entries.push([name, part.value])
    } else {
      const upload = await store(part)
      // A file field that was left empty in a browser.
      if (upload === undefined) continue
      fileBytes += upload.size
      uploads.push(upload)
      entries.push([name, upload])
    }
  }
  return gatherParameters(entries)

  async function store(part: MultipartFile): Promise<UploadedFile | undefined> {
    const id = randomUUID()
    const stored = await storage
      .write(id, part.file, { maxBytes: maxUploadBytes - fileBytes })
      .catch((error: unknown) => {
        if (error instanceof UploadTooLargeError) throw new UploadTooLargeError(maxUploadBytes)
        throw error === part.file.errored ? unreadable(error) : error
      })
    // As with the part's name.
    const given: string | undefined = part.filename
    const filename = cleanFileName(given ?? '')
    const mimetype = mime.getType(filename) ?? 'application/octet-stream'
    const upload = new UploadedFile({ id, filename, mimetype, ...stored })
    if (stored.size > 0 || (given ?? '') !== '') return upload
    await storage.remove(id)
    return undefined
  }
}

async function* partsOf(request: FastifyRequest): AsyncGenerator<Multipart, void, undefined> {
  try {
    yield* request.parts()
  } catch (error) {
    const limit = error instanceof Error && 'statusCode' in error && error.statusCode === 413
    if (limit) throw new BodyTooLargeError('The form has too many fields or files.', { cause: error })
    throw unreadable(error)
  }
}

function unreadable(error: unknown): ParametersInvalidError {
  return new ParametersInvalidError(`the multipart body cannot be read (${messageOf(error)})`, {
    cause: error,
  })
}

/** In bytes. A part that calls itself JSON was parsed already. */
function sizeOf({ fieldname, value }: MultipartValue): number {
  if (typeof value === 'string') return fieldname.length + Buffer.byteLength(value)
  checkKeys(value)
  return fieldname.length + Buffer.byteLength(JSON.stringify(value))
}
