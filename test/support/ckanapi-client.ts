/**
 * A client that sends and reads exactly what the Python package ckanapi does: JSON posts to `/api/action/NAME`
 * without following redirects, the token in two headers, multipart bodies for files, and errors told apart by
 * `error.__type` alone, whatever the status code says.
 */
import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** What ckanapi raises, by the name of its class. */
export class CkanapiError extends Error {
  readonly kind: string
  /** For `ValidationError` the whole error; for others their message without its first words. */
  readonly detail: unknown

  constructor(kind: string, detail: unknown) {
    super(`${kind}: ${JSON.stringify(detail)}`)
    this.kind = kind
    this.detail = detail
  }
}

const KINDS: Readonly<Record<string, string>> = {
  'Search Query Error': 'SearchQueryError',
  'Search Error': 'SearchError',
  'Search Index Error': 'SearchIndexError',
  'Not Found Error': 'NotFound',
}

export interface CkanapiFile {
  readonly field: string
  readonly filename: string
  readonly content: string | Buffer
}

/** `RemoteCKAN(address, apikey, get_only)` of ckanapi. */
export class RemoteCkan {
  readonly #base: string
  readonly #token: string | undefined
  readonly #getOnly: boolean

  constructor(address: string, token?: string, { getOnly = false }: { readonly getOnly?: boolean } = {}) {
    this.#base = address.endsWith('/') ? address : `${address}/`
    this.#token = token
    this.#getOnly = getOnly
  }

  /** `remote.call_action(action, parameters, files=…)`, or `remote.action.NAME(**parameters)`. */
  async call(
    action: string,
    parameters: Readonly<Record<string, unknown>> = {},
    files: readonly CkanapiFile[] = [],
  ): Promise<unknown> {
    const url = `${this.#base}api/action/${action}`
    const headers: Record<string, string> = { 'user-agent': 'ckanapi/1.0 (+https://github.com/ckan/ckanapi)' }
    if (this.#token !== undefined) {
      headers['x-ckan-api-key'] = this.#token
      headers['authorization'] = this.#token
    }
    if (this.#getOnly) {
      const query = new URLSearchParams(
        Object.entries(parameters).map(([key, value]) => [key, String(value)]),
      )
      return resultOf(url, await send('GET', `${url}?${query.toString()}`, headers))
    }
    if (files.length > 0) {
      const boundary = randomBytes(16).toString('hex')
      const type = { 'content-type': `multipart/form-data; boundary=${boundary}` }
      return resultOf(
        url,
        await send('POST', url, { ...headers, ...type }, multipart(boundary, parameters, files)),
      )
    }
    const type = { 'content-type': 'application/json' }
    return resultOf(
      url,
      await send('POST', url, { ...headers, ...type }, Buffer.from(JSON.stringify(parameters))),
    )
  }
}

interface Received {
  readonly status: number
  readonly body: string
}

/** Not by fetch, which would send headers of its own. */
async function send(
  method: string,
  url: string,
  headers: Record<string, string>,
  body?: Buffer,
): Promise<Received> {
  const answered = Promise.withResolvers<Received>()
  const length = body === undefined ? {} : { 'content-length': String(body.length) }
  const sent = request(url, { method, headers: { ...headers, ...length } }, (response) => {
    text(response).then((read) => {
      answered.resolve({ status: response.statusCode ?? 0, body: read })
    }, answered.reject)
  })
  sent.once('error', answered.reject)
  sent.end(body)
  return answered.promise
}

/** As python-requests writes it: fields as they are, those that are None left out, files without a type. */
function multipart(
  boundary: string,
  parameters: Readonly<Record<string, unknown>>,
  files: readonly CkanapiFile[],
): Buffer {
  const parts: Buffer[] = []
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null || value === undefined) continue
    parts.push(
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${textOf(value)}\r\n`,
      ),
    )
  }
  for (const { field, filename, content } of files) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${filename}"\r\n\r\n`
    parts.push(Buffer.from(head), Buffer.from(content), Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)])
}

/** ckanapi wants strings beside files, and so do its users write them. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function resultOf(url: string, { status, body }: Received): unknown {
  const parsed = parse(body)
  if (isRecord(parsed) && Boolean(parsed['success'])) return parsed['result']
  const error = isRecord(parsed) ? (parsed['error'] ?? {}) : {}
  if (!isRecord(error)) throw new CkanapiError('ServerIncompatibleError', [url, status, body])
  const type = typeof error['__type'] === 'string' ? error['__type'] : ''
  if (type === 'Validation Error') throw new CkanapiError('ValidationError', error)
  if (type === 'Authorization Error') throw new CkanapiError('NotAuthorized', error)
  const message = typeof error['message'] === 'string' ? error['message'] : ''
  const kind = KINDS[type]
  if (kind === undefined) throw new CkanapiError('CKANAPIError', [url, status, body])
  throw new CkanapiError(kind, message.includes(': ') ? message.slice(message.indexOf(': ') + 2) : '')
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
