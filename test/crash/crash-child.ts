import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

import { z } from 'zod'

import { Drained, type CrashPlan } from './crash-plan.ts'
import { processBundle } from './process-bundle.ts'

/** Nobody kills who drains, so there are no more duplicates with more at a time, and it is done sooner. */
const DEFAULT_BATCH_SIZE = 10

/** How a child has ended. */
interface ChildEnd {
  readonly killed: boolean
  /** What it printed, line by line. */
  readonly lines: readonly string[]
}

export interface CrashChild {
  /** Its modules are loaded, or it has ended. */
  readonly started: Promise<unknown>
  /** Rejects with what it said when it ended neither well nor by SIGKILL. */
  readonly ended: Promise<ChildEnd>
  kill(): void
}

/** Start a child with `plan`. It ends with this process. */
export async function startChild(plan: z.input<typeof CrashPlan>): Promise<CrashChild> {
  const program = await processBundle()
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, [program.path, JSON.stringify(plan)], {
    env: { PATH, HOME, ...program.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A Ctrl-C is for the parent.
    detached: true,
  })
  child.stdin.on('error', () => undefined)
  const said = text(child.stderr)
  const exit = z.tuple([z.number().nullable(), z.string().nullable()])
  const closed = once(child, 'close').then((args) => exit.parse(args))
  const lines: string[] = []
  const { promise: started, resolve: start } = Promise.withResolvers<unknown>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'started') start(line)
    else lines.push(line)
  })
  const ended = closed.then(async ([code, signal]): Promise<ChildEnd> => {
    start(undefined)
    if (code === 0 || signal === 'SIGKILL') return { killed: signal === 'SIGKILL', lines }
    throw new Error(`The child of ${JSON.stringify(plan)} ended with ${signal ?? code}: ${await said}`)
  })
  return { started, ended, kill: () => child.kill('SIGKILL') }
}

/** Run a child that delivers all there is, also what the leases of the dead hold, and resolve with what it finds then. */
export async function drain(
  plan: Pick<CrashPlan, 'database' | 'log'> & { readonly shards?: boolean },
): Promise<Drained> {
  const child = await startChild({
    ...plan,
    batchSize: DEFAULT_BATCH_SIZE,
    child: 'drain',
    seed: 0,
    work: 'drain',
  })
  const { lines, killed } = await child.ended
  if (killed) throw new Error('The child that drains was killed.')
  return Drained.parse(JSON.parse(lines.join('')))
}
