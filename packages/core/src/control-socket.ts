import { lstat, mkdir, rm } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'

import { AldisError, messageOf } from './aldis-error.ts'

/** What the kernel keeps of a socket's path, without its closing zero: 108 bytes on Linux, 104 on macOS. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103
/** The longest line that the socket reads. */
const LONGEST_MESSAGE = 8 * 1024 * 1024
/** The first word of a conversation. A holder that speaks another version refuses. */
const PROTOCOL = 1

/** Where a command that runs elsewhere writes, and what its terminal is like. */
export interface ControlIo {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Whether a person reads stdout in a terminal, `columns` wide. */
  readonly isTTY: boolean
  readonly columns: number
  readonly color: boolean
}

/** What the holder runs commands with: `signal` is aborted when the one who asked has gone. */
export interface ControlRunIo extends ControlIo {
  readonly signal: AbortSignal
}

/** The control socket cannot be opened, or broke off in the middle of a command. */
export class ControlSocketError extends AldisError {
  readonly code = 'CONTROL_SOCKET'
  readonly path: string

  constructor(path: string, detail: string, cause?: unknown) {
    super(`The control socket ${path} ${detail}`, { cause })
    this.path = path
  }
}

/** The path of the control socket is longer than the system can take. */
export class ControlSocketPathError extends AldisError {
  readonly code = 'CONTROL_SOCKET_PATH'
  readonly path: string

  constructor(path: string) {
    super(
      `The control socket cannot be at ${path}: its path has ${Buffer.byteLength(path)} bytes and may have ` +
        `${LONGEST_PATH}. Move the project to a shorter path.`,
    )
    this.path = path
  }
}

/** Another process serves the control socket, so it holds what a second one must not open. */
export class ControlSocketHeldError extends AldisError {
  readonly code = 'CONTROL_SOCKET_HELD'
  readonly path: string

  constructor(path: string) {
    super(`Another process serves ${path}: this configuration runs already. Stop that one first.`)
    this.path = path
  }
}

/** What {@link serveControlSocket} takes. */
export interface ControlSocketOptions {
  readonly path: string
  /** Run the command `argv` and give its exit code. What it throws ends the command with 1 and its message. */
  readonly run: (argv: readonly string[], io: ControlRunIo) => Promise<number>
}

/**
 * Let commands of other processes of the same user run in this one, over a
 * Unix socket at `path`. The socket has mode 0600 from the moment it exists. One that a
 * dead process left is taken over. Disposing the result closes it, aborts what runs, and waits for that.
 *
 * @throws ControlSocketHeldError when a living process serves `path`
 * @throws ControlSocketPathError when `path` is too long
 * @throws ControlSocketError when `path` cannot be listened on
 */
export async function serveControlSocket({ path, run }: ControlSocketOptions): Promise<AsyncDisposable> {
  refuseLongPath(path)
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw new ControlSocketError(path, `cannot be opened: ${messageOf(error)}`, error)
  })
  const running = new Set<Promise<void>>()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    // Whoever does not hang up stays in the set, and is cut off when the server closes.
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    const conversation = serveOne(socket, run).finally(() => running.delete(conversation))
    running.add(conversation)
  })
  if (!(await listen(server, path))) {
    const other = await connect(path)
    if (other) {
      other.destroy()
      throw new ControlSocketHeldError(path)
    }
    const there = await lstat(path).catch(() => undefined)
    if (there && !there.isSocket())
      throw new ControlSocketError(path, 'cannot be opened: a file is in its place.')
    await rm(path, { force: true })
    if (!(await listen(server, path))) throw new ControlSocketHeldError(path)
  }
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await Promise.all([closed, ...running])
    },
  }
}

/**
 * Run the command `argv` in the process that serves the control socket at
 * `path`, as if it ran here: what it writes arrives in `io`. Resolves to its exit
 * code, or to undefined when nobody serves the socket. When `signal` is aborted the command's is too.
 *
 * @throws ControlSocketError when the holder goes away before the command ends
 * @throws ControlSocketPathError when `path` is too long
 */
export async function runThroughControlSocket(options: {
  readonly path: string
  readonly argv: readonly string[]
  readonly io: ControlIo
  readonly signal?: AbortSignal
}): Promise<number | undefined> {
  const { path, argv, io, signal } = options
  refuseLongPath(path)
  signal?.throwIfAborted()
  const socket = await connect(path)
  if (!socket) return undefined
  const hangUp = (): void => void socket.destroy()
  signal?.addEventListener('abort', hangUp)
  try {
    signal?.throwIfAborted()
    const { isTTY, columns, color } = io
    write(socket, { type: 'run', protocol: PROTOCOL, argv, isTTY, columns, color })
    for await (const message of messages(socket)) {
      if (message['type'] === 'stdout') io.stdout(String(message['text']))
      else if (message['type'] === 'stderr') io.stderr(String(message['text']))
      else if (message['type'] === 'exit') return Number(message['code'])
    }
    signal?.throwIfAborted()
    throw new ControlSocketError(path, 'was closed before the command had ended.')
  } finally {
    signal?.removeEventListener('abort', hangUp)
    socket.destroy()
  }
}

async function serveOne(socket: Socket, run: ControlSocketOptions['run']): Promise<void> {
  const gone = new AbortController()
  socket.on('close', () => gone.abort(new Error('The one who ran the command has gone.')))
  const send = (message: Record<string, unknown>): void => {
    if (!socket.destroyed) write(socket, message)
  }
  const io = {
    stdout: (text: string) => send({ type: 'stdout', text }),
    stderr: (text: string) => send({ type: 'stderr', text }),
    signal: gone.signal,
  }
  try {
    const lines = messages(socket)
    const { value: request } = await lines.next()
    if (request === undefined) return
    const { type, protocol, argv, isTTY, columns, color } = request
    if (type !== 'run' || protocol !== PROTOCOL || !isTexts(argv) || typeof columns !== 'number') {
      throw new Error('The running host speaks another version of the control protocol. Restart it.')
    }
    // The rest of what the client says is nothing, until it closes.
    void lines.next().catch(() => undefined)
    const code = await run(argv, { ...io, isTTY: isTTY === true, columns, color: color === true })
    send({ type: 'exit', code })
  } catch (error) {
    io.stderr(`error: ${messageOf(error)}\n`)
    send({ type: 'exit', code: 1 })
  }
  socket.end()
}

/** The messages that arrive, one per line, until the socket closes. */
async function* messages(socket: Socket): AsyncGenerator<Record<string, unknown>, undefined> {
  let unread = ''
  try {
    for await (const chunk of socket.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      const lines = (unread + String(chunk)).split('\n')
      unread = lines.pop() ?? ''
      for (const line of lines) {
        const message: unknown = JSON.parse(line)
        if (typeof message === 'object' && message !== null) yield { ...message }
      }
      if (unread.length > LONGEST_MESSAGE) return undefined
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw error
    // A socket that breaks has nothing more to say.
  }
  return undefined
}

function write(socket: Socket, message: Record<string, unknown>): void {
  socket.write(`${JSON.stringify(message)}\n`)
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

function refuseLongPath(path: string): void {
  if (Buffer.byteLength(path) > LONGEST_PATH) throw new ControlSocketPathError(path)
}

/** Whether `server` listens now; false when something is at `path` already. */
function listen(server: Server, path: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const refused = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EADDRINUSE') resolve(false)
    else reject(new ControlSocketError(path, `cannot be opened: ${error.message}.`, error))
  }
  server.once('error', refused)
  // bind() makes the file while listen() runs; the mask makes sure that nobody else can ever open it.
  const mask = process.umask(0o177)
  try {
    server.listen(path, () => {
      server.off('error', refused)
      resolve(true)
    })
  } finally {
    process.umask(mask)
  }
  return promise
}

/** A connection to whoever serves `path`; undefined when nobody does. */
function connect(path: string): Promise<Socket | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket | undefined>()
  const socket = createConnection(path)
  socket.once('connect', () => resolve(socket))
  socket.once('error', (error: NodeJS.ErrnoException) => {
    if (['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(error.code ?? '')) resolve(undefined)
    else reject(new ControlSocketError(path, `cannot be reached: ${error.message}.`, error))
  })
  return promise
}
