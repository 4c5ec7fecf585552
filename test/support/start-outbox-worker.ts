import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { expect } from 'vitest'
import { z } from 'zod'

import { exitCode } from './cli-project.ts'
import type { Receiver } from './outbox-worker-shop.ts'

const Line = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('delivers') }),
  z.object({ kind: z.literal('applied'), applied: z.string() }),
  z.object({
    kind: z.literal('called'),
    receiver: z.string(),
    label: z.string(),
    event: z.string(),
    attempt: z.number(),
  }),
  z.object({ kind: z.enum(['aborted', 'ended']), receiver: z.string(), label: z.string() }),
])
type Line = z.output<typeof Line>
type Called = Extract<Line, { readonly kind: 'called' }>

/** A process that delivers what the plugin of `outbox-worker-shop` has receivers for. */
export interface OutboxWorkerProcess extends AsyncDisposable {
  /** What it said, in order. */
  readonly lines: readonly Line[]
  /** The calls of receivers in it, in order. */
  readonly calls: readonly Called[]
  /** Resolves when `receiver` has been called in it for `label`. */
  called(receiver: Receiver, label: string, timeoutMs?: number): Promise<Called>
  /** Let a receiver that holds return, or fail. */
  end(receiver: Receiver, label: string, how?: 'returns' | 'fails'): void
  /** SIGSTOP, SIGCONT, SIGTERM or SIGKILL. */
  signal(signal: NodeJS.Signals): void
  /** The exit code; null when a signal has ended it. */
  readonly exited: Promise<number | null>
}

/** Start a worker on the database at `url`. Resolves when it delivers; with `upgrade`, when it has begun. */
export async function startOutboxWorker(
  url: string,
  options: { readonly outbox?: Readonly<Record<string, unknown>>; readonly upgrade?: boolean } = {},
): Promise<OutboxWorkerProcess> {
  const script = fileURLToPath(new URL('outbox-worker-process.ts', import.meta.url))
  const { outbox = {}, upgrade = false } = options
  const settings = JSON.stringify({ models: { url }, outbox })
  const { PATH, HOME } = process.env
  const child = spawn(
    process.execPath,
    ['--conditions=@aldis/source', script, settings, ...(upgrade ? ['upgrade'] : [])],
    { env: { PATH, HOME }, stdio: ['pipe', 'pipe', 'inherit'] },
  )
  child.stdin.on('error', () => undefined)
  const exited = exitCode(child)
  const lines: Line[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(Line.parse(JSON.parse(line))))
  const calls = (): Called[] => lines.filter((line) => line.kind === 'called')
  const worker: OutboxWorkerProcess = {
    lines,
    get calls() {
      return calls()
    },
    async called(receiver, label, timeoutMs = 10_000) {
      const find = (): Called | undefined =>
        calls().findLast((call) => call.receiver === receiver && call.label === label)
      await expect.poll(find, { timeout: timeoutMs, interval: 10 }).toBeDefined()
      const call = find()
      if (call === undefined) throw new Error(`The receiver ${receiver} was not called for ${label}.`)
      return call
    },
    end: (receiver, label, how = 'returns') =>
      void child.stdin.write(`${JSON.stringify({ receiver, label, fails: how === 'fails' })}\n`),
    signal: (signal) => void child.kill(signal),
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
  if (!upgrade) {
    await expect
      .poll(() => lines.some(({ kind }) => kind === 'delivers'), { timeout: 30_000, interval: 10 })
      .toBe(true)
  }
  return worker
}
