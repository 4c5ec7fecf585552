/**
 * Asks a server for the same thing over and over in a process of its own, and
 * counts the answers.
 *
 * It writes requests to sockets and looks for where an answer ends: a whole
 * client would need more of the machine than the server does, and any two
 * servers would look alike.
 */
import { connect } from 'node:net'

/** What to ask whom. */
export interface Load {
  readonly port: number
  readonly path: string
  /** Each has one request on its way at a time. */
  readonly connections: number
  readonly durationMs: number
}

/** The answers with status 200, and the time that they took. */
export interface LoadResult {
  readonly answers: number
  readonly elapsedMs: number
}

const OK = 'HTTP/1.1 200 '

process.on('message', (load: Load) => {
  void generate(load).then((result) => process.send?.(result))
})

async function generate(load: Load): Promise<LoadResult> {
  using _awake = stayAwake()
  const start = performance.now()
  const until = start + load.durationMs
  const counts = await Promise.all(Array.from({ length: load.connections }, () => ask(load, until)))
  return { answers: counts.reduce((sum, count) => sum + count, 0), elapsedMs: performance.now() - start }
}

/**
 * Never wait for the next answer asleep: writing to a client that sleeps costs a
 * server up to half as much again, and not the same for every server.
 */
function stayAwake(): Disposable {
  let awake = true
  const look = (): void => {
    if (awake) setImmediate(look)
  }
  look()
  return { [Symbol.dispose]: () => void (awake = false) }
}

/**
 * Ask again on one connection as soon as the answer is there, until the time is
 * up. What the first answer says of its length, all later ones must have.
 */
function ask({ port, path }: Load, until: number): Promise<number> {
  const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let answers = 0
  let size = 0
  let received = 0
  const read = (count: number, bytes: Uint8Array): boolean => {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, count)
    if (received === 0 && chunk.toString('latin1', 0, OK.length) !== OK) {
      reject(new Error(`${path} was answered with ${chunk.toString('latin1', 0, 200)}`))
    }
    if (size === 0) size = sizeOf(chunk.toString('latin1'))
    received += count
    if (received > size) reject(new Error(`${path}: an answer is longer than the first one.`))
    if (received < size) return true
    received = 0
    answers++
    if (performance.now() < until) socket.write(request)
    else socket.end(() => resolve(answers))
    return true
  }
  const onread = { buffer: Buffer.allocUnsafe(16_384), callback: read }
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread }, () => socket.write(request))
  socket.on('error', reject)
  socket.on('close', () => reject(new Error(`${path}: the connection was closed.`)))
  return promise
}

/** How long the answer is that begins with `text`. */
function sizeOf(text: string): number {
  const end = text.indexOf('\r\n\r\n')
  const length = /\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1]
  if (end === -1 || length === undefined) throw new Error('The answer does not say how long it is.')
  return end + 4 + Number(length)
}
