import { chmod, mkdtemp, stat, writeFile } from 'node:fs/promises'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'

import {
  runThroughControlSocket,
  serveControlSocket,
  type ControlIo,
  type ControlSocketOptions,
} from './control-socket.ts'

async function freshPath(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'aldis-socket-')), 'var', 'aldis.sock')
}

const serve = (path: string, run: ControlSocketOptions['run']): Promise<AsyncDisposable> =>
  serveControlSocket({ path, run })

function terminal(): ControlIo & { readonly written: string[] } {
  const written: string[] = []
  return {
    written,
    stdout: (text) => written.push(`out ${text}`),
    stderr: (text) => written.push(`err ${text}`),
    isTTY: true,
    columns: 72,
    color: false,
  }
}

test('a command runs in the holder: its arguments and terminal go there, its output and exit code come back', async () => {
  const path = await freshPath()
  await using _ = await serve(path, async (argv, io) => {
    io.stdout(`${argv.join('|')} ${io.isTTY} ${io.columns} ${io.color}\n`)
    io.stderr('two\nlines\n')
    return 7
  })
  const io = terminal()
  expect(await runThroughControlSocket({ path, argv: ['user', 'create', 'a b\n"c"'], io })).toBe(7)
  expect(io.written).toEqual(['out user|create|a b\n"c" true 72 false\n', 'err two\nlines\n'])
})

test('nobody there is not an error', async () => {
  expect(await runThroughControlSocket({ path: await freshPath(), argv: [], io: terminal() })).toBeUndefined()
})

test('the socket is for its user alone', async () => {
  const path = await freshPath()
  await using _ = await serve(path, async () => 0)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('the path is free again after the socket closed', async () => {
  const path = await freshPath()
  await (await serve(path, async () => 1))[Symbol.asyncDispose]()
  await using _ = await serve(path, async () => 2)
  expect(await runThroughControlSocket({ path, argv: [], io: terminal() })).toBe(2)
})

test('a socket that somebody serves is not taken over', async () => {
  const path = await freshPath()
  await using _ = await serve(path, async () => 1)
  await expect(serve(path, async () => 2)).rejects.toMatchObject({ code: 'CONTROL_SOCKET_HELD', path })
  expect(await runThroughControlSocket({ path, argv: [], io: terminal() })).toBe(1)
})

test('a socket that a dead process left is taken over', async () => {
  const path = await freshPath()
  await (await serve(path, async () => 0))[Symbol.asyncDispose]()
  const child = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ])
  await once(child, 'exit')
  expect((await stat(path)).isSocket()).toBe(true)
  expect(await runThroughControlSocket({ path, argv: [], io: terminal() })).toBeUndefined()
  await using _ = await serve(path, async () => 3)
  expect(await runThroughControlSocket({ path, argv: [], io: terminal() })).toBe(3)
})

test('a file in its place is left alone', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'aldis-socket-')), 'aldis.sock')
  await writeFile(path, 'mine')
  await expect(serve(path, async () => 0)).rejects.toMatchObject({ code: 'CONTROL_SOCKET' })
  expect((await stat(path)).isFile()).toBe(true)
})

test('a path that is too long is refused by name', async () => {
  const path = `/tmp/${'x'.repeat(110)}`
  await expect(serve(path, async () => 0)).rejects.toMatchObject({ code: 'CONTROL_SOCKET_PATH' })
  await expect(runThroughControlSocket({ path, argv: [], io: terminal() })).rejects.toMatchObject({
    code: 'CONTROL_SOCKET_PATH',
  })
})

test('a command is aborted when the one who asked goes away', async () => {
  const path = await freshPath()
  const { promise: aborted, resolve } = Promise.withResolvers<void>()
  const caller = new AbortController()
  await using _ = await serve(path, async (_argv, io) => {
    io.signal.addEventListener('abort', () => resolve())
    caller.abort(new Error('enough'))
    await aborted
    io.stdout('to nobody')
    return 0
  })
  await expect(
    runThroughControlSocket({ path, argv: [], io: terminal(), signal: caller.signal }),
  ).rejects.toThrow('enough')
  await aborted
})

test('closing the socket aborts what runs, waits for it, and tells the caller', async () => {
  const path = await freshPath()
  const started = Promise.withResolvers<void>()
  let ended = false
  const socket = await serve(path, async (_argv, io) => {
    started.resolve()
    await once(io.signal, 'abort')
    ended = true
    return 0
  })
  const command = runThroughControlSocket({ path, argv: [], io: terminal() })
  // Watched from the start: it fails while the socket is still being closed.
  const failure = command.catch((error: unknown) => error)
  await started.promise
  await socket[Symbol.asyncDispose]()
  expect(ended).toBe(true)
  expect(await failure).toMatchObject({ code: 'CONTROL_SOCKET' })
})

test('what the command throws is its message and exit code 1', async () => {
  const path = await freshPath()
  await using _ = await serve(path, async () => {
    throw new Error('broken')
  })
  const io = terminal()
  expect(await runThroughControlSocket({ path, argv: [], io })).toBe(1)
  expect(io.written).toEqual(['err error: broken\n'])
})

test.each([
  'not json\n',
  '{"type":"run","protocol":99,"argv":[],"columns":80}\n',
  '{"type":"run","argv":"x"}\n',
])('a caller that says %j is refused and the next one served', async (said) => {
  const path = await freshPath()
  await using _ = await serve(path, async () => 5)
  const socket = createConnection(path).setEncoding('utf8')
  socket.write(said)
  let heard = ''
  for await (const chunk of socket) heard += String(chunk)
  expect(heard).toContain('"code":1')
  expect(await runThroughControlSocket({ path, argv: [], io: terminal() })).toBe(5)
})

test('a long output arrives whole', async () => {
  const path = await freshPath()
  const long = 'é'.repeat(3_000_000)
  await using _ = await serve(path, async (_argv, io) => {
    io.stdout(long)
    return 0
  })
  const io = terminal()
  await runThroughControlSocket({ path, argv: [], io })
  expect(io.written).toEqual([`out ${long}`])
})

test('a socket that cannot be opened says why', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aldis-socket-'))
  const file = join(folder, 'file')
  await writeFile(file, '')
  await expect(serve(join(file, 'aldis.sock'), async () => 0)).rejects.toMatchObject({
    code: 'CONTROL_SOCKET',
  })
  await chmod(folder, 0o700)
})

test('a holder that closes without an answer is an error and not a silence', async () => {
  const path = await freshPath()
  await (await serve(path, async () => 0))[Symbol.asyncDispose]()
  const server = createServer((socket) => socket.end())
  await new Promise<void>((resolve) => void server.listen(path, resolve))
  await expect(runThroughControlSocket({ path, argv: [], io: terminal() })).rejects.toMatchObject({
    code: 'CONTROL_SOCKET',
  })
  server.close()
})
