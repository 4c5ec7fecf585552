/**
 * Asks a server for the same thing over and over in a process of its own, and
 * counts the answers.
 *
 * It writes whole requests to sockets and looks for the first line of each
 * answer: a real client would need more of the machine than the server does,
 * and two servers would look alike.
 */
import { connect, type Socket } from 'node:net'

/** What to ask whom. */
export interface Load {
  readonly port: number
  readonly path: string
  readonly connections: number
  /** Requests on their way at once on each connection. */
  readonly pipelining: number
  readonly durationMs: number
}

/** The answers with status 200, and the time that they took. */
export interface LoadResult {
  readonly answers: number
  readonly elapsedMs: number
}

const FIRST_LINE = 'HTTP/1.1 '
const OK = `${FIRST_LINE}200`

process.on('message', (load: Load) => {
  void generate(load).then((result) => process.send?.(result))
})

async function generate(load: Load): Promise<LoadResult> {
  const start = performance.now()
  const until = start + load.durationMs
  const counts = await Promise.all(Array.from({ length: load.connections }, () => ask(load, until)))
  return { answers: counts.reduce((sum, count) => sum + count, 0), elapsedMs: performance.now() - start }
}

/** Keep one connection busy until the time is up and its last answer is there. */
function ask({ port, path, pipelining }: Load, until: number): Promise<number> {
  const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const socket: Socket = connect(port, '127.0.0.1')
  let waiting = 0
  let answers = 0
  let rest = ''
  const write = (count: number): void => {
    waiting += count
    socket.write(request.repeat(count))
  }
  socket.setEncoding('latin1').setNoDelay()
  socket.on('connect', () => write(pipelining))
  socket.on('data', (chunk) => {
    const text = rest + String(chunk)
    let found = 0
    let at = text.indexOf(FIRST_LINE)
    let end = 0
    for (; at !== -1 && text.length >= at + OK.length; at = text.indexOf(FIRST_LINE, end)) {
      end = at + OK.length
      if (!text.startsWith(OK, at)) reject(new Error(`${path} answered ${text.slice(at, at + 200)}`))
      found++
    }
    // The beginning of a first line may be at the end of the chunk.
    rest = text.slice(Math.max(end, text.length - OK.length + 1))
    answers += found
    waiting -= found
    if (found > 0 && performance.now() < until) write(found)
    else if (waiting === 0) socket.end()
  })
  socket.on('error', reject)
  socket.on('close', () =>
    waiting === 0 ? resolve(answers) : reject(new Error(`${path}: connection lost.`)),
  )
  return promise
}
