import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { silentLogger } from '@aldis/core'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'

import { FolderStorage } from '../storage/folder-storage.ts'
import { installParameterParsers } from './parameter-parsers.ts'
import { readParameters } from './read-parameters.ts'
import { UploadedFile } from './uploaded-file.ts'

const MIB = 1_048_576
const FORM = 'application/x-www-form-urlencoded'

let root = ''
let storage: FolderStorage
let app: FastifyInstance
let url = ''
let port = 0
/** What the last request was read as. */
let parameters: Readonly<Record<string, unknown>> = {}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'aldis-parameters-'))
  storage = new FolderStorage(root)
  const options = { storage, logger: silentLogger, maxUploadBytes: 5 * MIB }
  app = Fastify()
  await app.register(async (scope) => {
    installParameterParsers(scope, options)
    scope.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
      reply.code(error.statusCode ?? 500).send(JSON.stringify(`Bad request: ${error.message}`))
    })
    const method = ['GET', 'POST']
    scope.route({
      method,
      url: '/keep',
      handler: async (request) => {
        const asked = await readParameters(request, options)
        for (const upload of asked.uploads) upload.claim()
        await asked.dispose()
        parameters = asked.parameters
        return asked.uploads
      },
    })
    scope.route({
      method,
      url: '/fail',
      handler: async (request) => {
        const asked = await readParameters(request, options)
        try {
          throw new Error(`failed with ${asked.uploads.length} uploads`)
        } finally {
          await asked.dispose()
        }
      },
    })
    scope.post('/unread', () => 'not interested')
  })
  app.post('/outside', (request, reply) => reply.send(request.body))
  url = await app.listen({ host: '127.0.0.1', port: 0 })
  port = Number(new URL(url).port)
})

afterAll(async () => {
  await app.close()
  await rm(root, { recursive: true, force: true })
})

beforeEach(async () => {
  await rm(root, { recursive: true, force: true })
  parameters = {}
})

interface Answer {
  readonly status: number
  readonly body: unknown
}

async function post(body: RequestInit['body'], type?: string, path = '/keep'): Promise<Answer> {
  const headers = type === undefined ? {} : { 'content-type': type }
  const response = await fetch(url + path, { method: 'POST', headers, ...(body !== undefined && { body }) })
  return { status: response.status, body: await response.json() }
}

async function read(body: RequestInit['body'], type?: string): Promise<unknown> {
  expect(await post(body, type)).toMatchObject({ status: 200 })
  return parameters
}

async function storedIds(): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of storage.list()) ids.push(id)
  return ids
}

async function expectNothingStored(): Promise<void> {
  expect(await storedIds()).toEqual([])
  expect(await readdir(join(root, 'incoming')).catch(() => [])).toEqual([])
}

describe('JSON', () => {
  test.each([
    'application/json',
    'Application/JSON; charset=utf-8',
    'text/plain',
    'text/plain;charset=UTF-8',
    FORM,
  ])('an object of type %j is read', async (type) => {
    expect(await read('{"name": "rivers", "tags": [{"name": "é & ü"}], "a=b": null}', type)).toEqual({
      name: 'rivers',
      tags: [{ name: 'é & ü' }],
      'a=b': null,
    })
  })

  test('a body that does not say what it is can be JSON', async () => {
    expect(await read(Buffer.from('{"name": "rivers"}'))).toEqual({ name: 'rivers' })
  })

  test('a byte order mark and white space around are no part of it', async () => {
    expect(await read('\uFEFF \n{"a": 1}\n', 'application/json')).toEqual({ a: 1 })
    expect(await read(' {"a": 1}', FORM)).toEqual({ a: 1 })
  })

  test('no body is no parameters, whatever it says that it is', async () => {
    for (const type of [undefined, 'application/json', FORM, 'application/xml', 'text/plain']) {
      expect(await read('', type)).toEqual({})
      expect(await read(undefined, type)).toEqual({})
    }
  })

  test.each([
    ['not JSON', '{"password": "secret"', 'the body cannot be read as JSON'],
    ['half a string', '{"a', 'the body cannot be read as JSON'],
    ['an array', '[{}]', 'the body must be an object'],
    ['a string', '"name"', 'the body must be an object'],
    ['a number', '1', 'the body must be an object'],
    ['null', 'null', 'the body must be an object'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'the body is not UTF-8'],
    ['a prototype', '{"__proto__": {"sysadmin": true}}', 'the key "__proto__" is not allowed'],
    ['a hidden prototype', '{"a": [{"\\u005f_proto__": 1}]}', 'the key "__proto__" is not allowed'],
    ['deep', `{"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'the body is more than 100 levels deep'],
  ])('a body that is %s is a bad request', async (_title, body, reason) => {
    expect(await post(body, 'application/json')).toEqual({
      status: 400,
      body: `Bad request: JSON Error: ${reason}`,
    })
  })

  test('an object that looks like an upload is none', async () => {
    const facts = { id: 'x', filename: 'x', mimetype: 'x', size: 1, hash: 'x' }
    const { upload } = Object(await read(JSON.stringify({ upload: { ...facts, claimed: true } })))

    expect(UploadedFile.is(upload)).toBe(false)
    expect(UploadedFile.is(new UploadedFile(facts))).toBe(true)
    expect([null, undefined, 'file', Object.create(UploadedFile.prototype)].some(UploadedFile.is)).toBe(false)
  })
})

describe('forms and queries', () => {
  test('a name that comes again is a list', async () => {
    expect(await read('a=1&b=x+y%26&a=2&c=&a=3', FORM)).toEqual({ a: ['1', '2', '3'], b: 'x y&', c: '' })
    expect(await read(new URLSearchParams({ name: 'rivers' }))).toEqual({ name: 'rivers' })
  })

  test('JSON that is percent-encoded into the one name of a form is read', async () => {
    const json = encodeURIComponent('{"name": "rivers", "notes": "a=b&c"}')
    for (const body of [json, `${json}=`, `${json}=1`]) {
      expect(await read(body, FORM)).toEqual({ name: 'rivers', notes: 'a=b&c' })
    }
    expect(await read(`${json}=2`, FORM)).not.toHaveProperty('name')
  })

  test.each([
    ['{"name": ', 'JSON Error: the body cannot be read as JSON'],
    ['a=1&__proto__=2', 'JSON Error: the key "__proto__" is not allowed'],
    ['%5F_proto__=2', 'JSON Error: the key "__proto__" is not allowed'],
  ])('the form %j is a bad request', async (body, reason) => {
    expect(await post(body, FORM)).toEqual({ status: 400, body: `Bad request: ${reason}` })
  })

  test('GET has its parameters in the query', async () => {
    await fetch(`${url}/keep?q=a+b%2Fc&fq=1&fq=2&filters=%7B%22a%22%3A1%7D`)
    expect(parameters).toEqual({ q: 'a b/c', fq: ['1', '2'], filters: '{"a":1}' })
    await fetch(`${url}/keep`)
    expect(parameters).toEqual({})
    expect((await fetch(`${url}/keep?__proto__=1`)).status).toBe(400)
  })

  test('POST does not have them there', async () => {
    expect((await fetch(`${url}/keep?a=1`, { method: 'POST' })).status).toBe(200)
    expect(parameters).toEqual({})
  })
})

describe('types and sizes', () => {
  test.each(['application/xml', 'image/png', 'application/octet-stream'])('%s is not read', async (type) => {
    expect(await post('<a/>', type)).toMatchObject({ status: 415 })
  })

  test('a content type that is none is refused', async () => {
    expect(await post('{}', 'json')).toMatchObject({ status: 415 })
  })

  test('other scopes of the server keep their parsers', async () => {
    expect(await post('[1]', 'application/json', '/outside')).toEqual({ status: 200, body: [1] })
  })

  test.each(['application/json', FORM, 'image/png'])(
    'a body of 100 MB of type %s is refused before it is sent, and its connection ends',
    async (type) => {
      const client = await Client.open()
      client.send(
        `POST /keep HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: 100000000\r\n\r\n{"a": "`,
      )
      expect(await client.answer()).toMatch(/^HTTP\/1\.1 413 /)
    },
  )

  test('a body that does not say its length is refused at the limit', async () => {
    const client = await Client.open()
    client.send(
      'POST /keep HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const answer = client.answer()
    client.sendChunksForever(`"${'x'.repeat(65_534)}"`)
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('an answer before the body was read ends the connection', async () => {
    const client = await Client.open()
    client.send(
      'POST /unread HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000000\r\n\r\n--b\r\n',
    )
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 200 [^]*connection: close/i)
  })
})

describe('multipart', () => {
  test('fields are strings, and a name that comes again is a list', async () => {
    const form = new FormData()
    form.append('name', 'rivers')
    form.append('a', '1')
    form.append('a', '2')
    form.append('notes', 'ünï\r\ncode')
    expect(await read(form)).toEqual({ name: 'rivers', a: ['1', '2'], notes: 'ünï\r\ncode' })
  })

  test('a file is in the storage when its action runs, and stays when it is claimed', async () => {
    const content = randomBytes(3 * MIB)
    const form = new FormData()
    form.append('upload', new File([content], 'Flüsse.csv', { type: 'text/html' }))
    form.append('name', 'rivers')
    const { upload, name } = Object(await read(form))

    expect(UploadedFile.is(upload)).toBe(true)
    expect({ ...upload }).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      filename: 'Flüsse.csv',
      mimetype: 'text/csv',
      size: 3 * MIB,
      hash: createHash('sha256').update(content).digest('hex'),
    })
    expect(name).toBe('rivers')
    expect(await storedIds()).toEqual([upload.id])
  })

  test('several files of one name are a list', async () => {
    const form = new FormData()
    form.append('upload', new File(['1'], '../../etc/passwd'))
    form.append('upload', new File([''], 'empty.json'))
    expect(await read(form)).toMatchObject({
      upload: [
        { filename: 'passwd', mimetype: 'application/octet-stream', size: 1 },
        { filename: 'empty.json', mimetype: 'application/json', size: 0 },
      ],
    })
    expect(await storedIds()).toHaveLength(2)
  })

  test('a file field that was left empty in a browser is not there', async () => {
    const type = 'Content-Type: application/octet-stream'
    expect(
      await read(
        multipart(`form-data; name="upload"; filename=""\r\n${type}`, ''),
        'multipart/form-data; boundary=b',
      ),
    ).toEqual({})
    await expectNothingStored()
  })

  test('uploads that nobody claimed are removed when the action fails', async () => {
    const form = new FormData()
    form.append('upload', new File(['text'], 'a.txt'))
    form.append('other', new File(['text'], 'b.txt'))
    expect(await post(form, undefined, '/fail')).toEqual({
      status: 500,
      body: 'Bad request: failed with 2 uploads',
    })
    await expectNothingStored()
  })

  test.each([
    ['no boundary', 'multipart/form-data', 'x'],
    ['another boundary', 'multipart/form-data; boundary=c', multipart('form-data; name="a"', '1')],
    ['no end', 'multipart/form-data; boundary=b', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1'],
    [
      'no end of a file',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="a"; filename="a.csv"\r\n\r\n1',
    ],
    ['no name', 'multipart/form-data; boundary=b', multipart('form-data', '1')],
    ['a prototype', 'multipart/form-data; boundary=b', multipart('form-data; name="__proto__"', '1')],
    [
      'a prototype file',
      'multipart/form-data; boundary=b',
      multipart('form-data; name="__proto__"; filename="a"', '1'),
    ],
    [
      'a prototype in JSON',
      'multipart/form-data; boundary=b',
      multipart('form-data; name="a"\r\nContent-Type: application/json', '{"__proto__": 1}'),
    ],
    [
      'broken JSON',
      'multipart/form-data; boundary=b',
      multipart('form-data; name="a"\r\nContent-Type: application/json', '{'),
    ],
  ])('a body with %s is a bad request', async (_title, type, body) => {
    const file = '--b\r\nContent-Disposition: form-data; name="f"; filename="f.csv"\r\n\r\n1\r\n'
    expect(await post(body, type)).toMatchObject({
      status: 400,
      body: expect.stringMatching(/^Bad request: /),
    })
    expect(await post(file + body, type)).toMatchObject({ status: 400 })
    await expectNothingStored()
  })

  test('files that are too large are refused while they come in, and nothing stays', async () => {
    const form = new FormData()
    form.append('first', new File([Buffer.alloc(2 * MIB)], 'a.bin'))
    form.append('second', new File([Buffer.alloc(3.5 * MIB)], 'b.bin'))
    expect(await post(form)).toEqual({
      status: 413,
      body: `Bad request: The upload is too large: it may have at most ${5 * MIB} bytes.`,
    })
    await expectNothingStored()
  })

  test('an upload of 100 MB is refused before it is sent, and its connection ends', async () => {
    const client = await Client.open()
    client.send(
      'POST /keep HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000000\r\n\r\n',
    )
    client.send('--b\r\nContent-Disposition: form-data; name="f"; filename="f.csv"\r\n\r\nsome')
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 413 /)
    await expectNothingStored()
  })

  test('an upload that does not end is refused at the limit, and its connection ends', async () => {
    const client = await Client.open()
    client.send(
      'POST /keep HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const answer = client.answer()
    client.sendChunk('--b\r\nContent-Disposition: form-data; name="f"; filename="f.csv"\r\n\r\n')
    client.sendChunksForever('x'.repeat(65_536))
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /)
    await expectNothingStored()
  })

  test('fields that are too large together, or one alone, are refused', async () => {
    const many = new FormData()
    for (let count = 0; count < 20; count++) many.append('a', 'x'.repeat(MIB / 16))
    expect(await post(many)).toMatchObject({ status: 413 })
    const one = new FormData()
    one.append('a', 'x'.repeat(MIB + 1))
    expect(await post(one)).toMatchObject({ status: 413 })
  })

  test('too many files or fields are refused', async () => {
    const files = new FormData()
    for (let count = 0; count < 11; count++) files.append('f', new File(['x'], 'x.txt'))
    expect(await post(files)).toMatchObject({ status: 413 })
    await expectNothingStored()
    const fields = new FormData()
    for (let count = 0; count < 1_001; count++) fields.append('a', 'x')
    expect(await post(fields)).toMatchObject({ status: 413 })
  })

  test('a client that goes away in the middle of a file leaves nothing', async () => {
    const upload = httpRequest(`${url}/keep`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    })
    upload.on('error', () => {})
    upload.write('--b\r\nContent-Disposition: form-data; name="f"; filename="f.csv"\r\n\r\n')
    upload.write('x'.repeat(100_000))
    await vi.waitFor(async () => expect(await readdir(join(root, 'incoming'))).toHaveLength(1), {
      timeout: 10_000,
    })
    upload.destroy()

    await vi.waitFor(expectNothingStored, { timeout: 10_000 })
  })
})

function multipart(disposition: string, content: string): string {
  return `--b\r\nContent-Disposition: ${disposition}\r\n\r\n${content}\r\n--b--\r\n`
}

/** A client that sends what no library would. */
class Client {
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static async open(): Promise<Client> {
    const { promise, resolve, reject } = Promise.withResolvers<Client>()
    const socket = connect(port, '127.0.0.1', () => resolve(new Client(socket)))
    socket.once('error', reject)
    return promise
  }

  send(data: string): void {
    this.#socket.write(data)
  }

  sendChunk(data: string): void {
    this.send(`${Buffer.byteLength(data).toString(16)}\r\n${data}\r\n`)
  }

  sendChunksForever(data: string): void {
    const chunk = `${data.length.toString(16)}\r\n${data}\r\n`
    const more = (): void => {
      while (this.#socket.writable && this.#socket.write(chunk));
    }
    this.#socket.on('drain', more)
    more()
  }

  /** What the server says until it ends the connection. A reset after that is part of the game. */
  async answer(): Promise<string> {
    let answer = ''
    this.#socket.setEncoding('utf8').on('data', (data: string) => (answer += data))
    const { promise, resolve } = Promise.withResolvers<string>()
    this.#socket.on('error', () => {})
    this.#socket.once('close', () => resolve(answer))
    return promise
  }
}
