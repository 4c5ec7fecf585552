import { Writable } from 'node:stream'

import type { AskOptions } from '@aldis/core'

import type { Terminal } from './terminal.ts'

/** The width of a terminal that does not tell. */
const USUAL_COLUMNS = 80

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process
  for (const stream of [stdout, stderr]) stream.on('error', endQuietly)
  const interrupted = new AbortController()
  let listening = false
  return {
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    isTTY: isTTY(stdout),
    columns: isTTY(stdout) && stdout.columns > 0 ? stdout.columns : USUAL_COLUMNS,
    interactive: isTTY(stdin) && isTTY(stderr),
    ask,
    readStdin,
    cwd: process.cwd(),
    env: process.env,
    interrupted: () => {
      if (!listening) {
        listening = true
        process.on('SIGINT', () => interrupt(interrupted, 130))
        process.on('SIGTERM', () => interrupt(interrupted, 143))
      }
      return interrupted.signal
    },
  }
}

/** What is not a terminal has no such field, whatever its type says. */
const isTTY = (stream: { readonly isTTY?: boolean }): boolean => stream.isTTY === true

/** Resolves when everything written has left the process. */
export async function drained(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength > 0) await new Promise((resolve) => void stream.write('', resolve))
  }
}

/** The first signal asks to end, the second one does not ask. */
function interrupt(interrupted: AbortController, code: number): void {
  if (interrupted.signal.aborted) endAtOnce(code)
  interrupted.abort(new Error('Interrupted.'))
}

/** The reader has seen enough: `aldis signals list | head -1`. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  endAtOnce(Number(process.exitCode ?? 0))
}

function endAtOnce(code: number): never {
  // oxlint-disable-next-line unicorn/no-process-exit -- this file is the process's own end
  process.exit(code)
}

async function ask(question: string, { secret = false }: AskOptions): Promise<string> {
  const { createInterface } = await import('node:readline/promises')
  const { stdin, stderr } = process
  // A terminal that readline edits the line in does not show what is typed: readline does, and here it cannot.
  const silent = secret && {
    output: new Writable({ write: (_text, _encoding, done) => done() }),
    terminal: true,
  }
  const lines = createInterface({ input: stdin, output: stderr, ...silent })
  const closed = new AbortController()
  lines.once('close', () => closed.abort(new Error('Interrupted.')))
  if (secret) stderr.write(question)
  try {
    return await lines.question(secret ? '' : question, { signal: closed.signal })
  } finally {
    lines.close()
    if (secret) stderr.write('\n')
  }
}

async function readStdin(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) text += String(chunk)
  return text
}
