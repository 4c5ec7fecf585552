import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { z } from 'zod'

const Started = z.object({
  pid: z.number(),
  sent: z.array(z.string()).default([]),
  titles: z.array(z.string()).default([]),
  code: z.string().nullable().default(null),
  message: z.string().default(''),
})

/** A process that has opened a database, or could not: then it has a `code`. */
export interface ModelsProcess extends z.output<typeof Started> {
  /** Let it stop its host and end. */
  end(): Promise<void>
  /** End it without a word, as a crash of the system's does. */
  kill(): Promise<void>
}

/** Start a process that opens the database of `settings`, and writes a book when there is a `title`. */
export async function startModelsProcess(
  settings: object,
  options: { readonly cwd?: string; readonly title?: string } = {},
): Promise<ModelsProcess> {
  const script = fileURLToPath(new URL('models-process.ts', import.meta.url))
  const { PATH, HOME } = process.env
  const child = spawn(
    process.execPath,
    [
      '--conditions=@aldis/source',
      script,
      JSON.stringify({ models: settings }),
      ...(options.title === undefined ? [] : [options.title]),
    ],
    { cwd: options.cwd, env: { PATH, HOME }, stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const ended = once(child, 'close')
  const line = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  return {
    ...Started.parse(JSON.parse(String(line.value))),
    async end() {
      child.stdin.end()
      await ended
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
