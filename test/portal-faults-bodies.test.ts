/** Bodies that nobody should send: each gets a clean answer, and whoever comes next is served. */
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { fieldOf } from './support/field-of.ts'
import { callApi, portalCaller } from './support/portal-caller.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'
const MULTIPART_TYPE = 'multipart/form-data; boundary=xx'
const MEGABYTE = Buffer.alloc(1_000_000, ' ')

const caller = portalCaller()
let portal: ServedPortal
let token = ''

beforeAll(async () => {
  portal = await servePortal({ plugins: [caller.definition] })
  token = await caller.userWithToken({ name: 'root', sysadmin: true })
  await caller.call('package_create', { name: 'rivers' })
})

afterAll(() => portal[Symbol.asyncDispose]())

afterEach(async () => {
  // Whatever came before: the next one is served, nothing is left behind, and nothing failed unseen.
  expect(await callApi(portal.url, 'package_show', { id: 'rivers' })).toMatchObject({ status: 200 })
  expect(await files()).toEqual([])
  expect(portal.logger.lines.filter(({ level }) => level === 'error')).toEqual([])
})

async function files(): Promise<string[]> {
  const entries = await readdir(join(portal.folder, 'files'), { recursive: true, withFileTypes: true }).catch(
    () => [],
  )
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

interface Answered {
  readonly status: number | undefined
  readonly connection: string | undefined
  readonly body: unknown
  /** How much of the body was sent. */
  readonly sentBytes: number
}

interface Sent {
  readonly path?: string
  readonly type?: string
  readonly headers?: Record<string, string>
  readonly chunks: Iterable<Buffer>
}

/** Send a body piece by piece until it is at its end, or answered. */
async function send({
  path = '/api/action/package_create',
  type,
  headers = {},
  chunks,
}: Sent): Promise<Answered> {
  const answered = Promise.withResolvers<Answered>()
  let sentBytes = 0
  const body = Readable.from(counted())
  function* counted(): Generator<Buffer> {
    for (const chunk of chunks) {
      sentBytes += chunk.length
      yield chunk
    }
  }
  const sending = request(
    portal.url + path,
    {
      method: 'POST',
      headers: { authorization: token, ...(type !== undefined && { 'content-type': type }), ...headers },
    },
    (response) => {
      body.unpipe(sending).destroy()
      const { statusCode: status } = response
      const { connection } = response.headers
      text(response).then((answer) => {
        answered.resolve({ status, connection, body: parse(answer), sentBytes })
        sending.destroy()
      }, answered.reject)
    },
  )
  sending.on('error', answered.reject)
  body.pipe(sending)
  return answered.promise
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

function* megabytes(count: number, before = '', after = ''): Generator<Buffer> {
  yield Buffer.from(before)
  for (let sent = 0; sent < count; sent++) yield MEGABYTE
  yield Buffer.from(after)
}

const part = (disposition: string): string => `--xx\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`

describe('a body that cannot be read', () => {
  test.each([
    ['JSON that ends too early', JSON_TYPE, '{"name": "x"', 400],
    ['JSON with a comma too many', JSON_TYPE, '{"name": "x",}', 400],
    ['an array', JSON_TYPE, '[]', 400],
    ['a number', JSON_TYPE, '1', 400],
    ['null', JSON_TYPE, 'null', 400],
    ['bytes that are no text', JSON_TYPE, '{"name": "\u00ff"}', 400],
    ['a prototype', JSON_TYPE, '{"extras": [{"__proto__": {"sysadmin": true}}]}', 400],
    ['JSON that calls itself a form', FORM_TYPE, '{"name": ', 400],
    ['JSON that calls itself XML', 'application/xml', '{"name": "x"}', 415],
    ['JSON that calls itself a picture', 'image/png', '{"name": "x"}', 415],
    ['a content type that is none', 'nonsense', '{"name": "x"}', 415],
    ['a multipart body without its boundary', 'multipart/form-data', '--xx--', 400],
    ['a multipart body that is none', MULTIPART_TYPE, '{"name": "x"}', 400],
    ['a multipart body that ends too early', MULTIPART_TYPE, `${part('name="name"')}x`, 400],
  ])('%s is refused with words', async (_title, type, body, status) => {
    const answer = await send({ type, chunks: [Buffer.from(body, 'latin1')] })
    expect(answer).toMatchObject({ status, body: expect.stringMatching(/^Bad request: \S/) as unknown })
  })

  test.each([
    ['100 levels of objects', '{"extras": ', 99, '{"a": ', '}', 409],
    ['200 levels of objects', '{"extras": ', 200, '{"a": ', '}', 400],
    ['a hundred thousand lists', '{"extras": ', 100_000, '[', ']', 400],
    ['a hundred thousand objects', '{"extras": ', 100_000, '{"a":', '}', 400],
  ])(
    '%s deep is refused, and does not take the server with it',
    async (_title, before, depth, open, close, status) => {
      const body = `${before}${open.repeat(depth)}1${close.repeat(depth)}}`
      const answer = await send({ type: JSON_TYPE, chunks: [Buffer.from(body)] })
      expect(answer.status).toBe(status)
    },
  )

  test('a million fields of a form are refused or read, within the time of a request', async () => {
    const answer = await send({ type: FORM_TYPE, chunks: [Buffer.from('a=&'.repeat(300_000))] })
    expect([409, 413]).toContain(answer.status)
  })
})

describe('a body of 100 MB and more', () => {
  const upload = `${part('name="package_id"')}rivers\r\n${part('name="upload"; filename="a.csv"')}`

  test.each<[title: string, sent: Sent, mostBytes: number]>([
    ['of JSON', { type: JSON_TYPE, chunks: megabytes(100, '{"name": "', '"}') }, 20_000_000],
    ['of a form', { type: FORM_TYPE, chunks: megabytes(100, 'name=') }, 20_000_000],
    ['of anything', { type: 'application/octet-stream', chunks: megabytes(100) }, 20_000_000],
    ['for a page', { path: '/user/login', type: FORM_TYPE, chunks: megabytes(100, 'login=') }, 20_000_000],
    [
      'in a field',
      { type: MULTIPART_TYPE, chunks: megabytes(100, part('name="notes"'), '\r\n--xx--\r\n') },
      // A field is passed over to its end.
      101_000_000,
    ],
    [
      'in a file',
      {
        path: '/api/action/resource_create',
        type: MULTIPART_TYPE,
        chunks: megabytes(150, upload, '\r\n--xx--\r\n'),
      },
      140_000_000,
    ],
  ])('%s is refused at the limit, and its connection ends', async (_title, sent, mostBytes) => {
    const answer = await send(sent)
    expect(answer).toMatchObject({ status: 413, connection: 'close' })
    expect(answer.sentBytes).toBeLessThan(mostBytes)
  })

  test('that says so is refused before it is sent', async () => {
    const length = { 'content-length': '150000000' }
    for (const type of [JSON_TYPE, FORM_TYPE, MULTIPART_TYPE]) {
      const answer = await send({ type, headers: length, chunks: [Buffer.from('{')] })
      expect([type, answer.status, answer.connection]).toEqual([type, 413, 'close'])
    }
  })

  test('is taken as a file when the site wants files of that size', async () => {
    const answer = await send({
      path: '/api/action/resource_create',
      type: MULTIPART_TYPE,
      chunks: megabytes(100, upload, '\r\n--xx--\r\n'),
    })
    expect(answer.status).toBe(200)
    const result = fieldOf(answer.body, 'result')
    expect(fieldOf(result, 'size')).toBe(100_000_000)
    await callApi(portal.url, 'resource_delete', { id: fieldOf(result, 'id') }, token)
  })
})

describe('a request for a page', () => {
  test.each([
    ['JSON', JSON_TYPE, '{"login": ', 400],
    ['a picture', 'image/png', 'x', 415],
    ['half a multipart body', MULTIPART_TYPE, '--xx', 400],
  ])('with %s for a form is refused', async (_title, type, body, status) => {
    expect(await send({ path: '/user/login', type, chunks: [Buffer.from(body)] })).toMatchObject({ status })
  })
})
