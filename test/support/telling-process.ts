import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** A process that tells what it does in lines of JSON. */
export interface TellingProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  /** The next line that it tells. */
  next(): Promise<unknown>
}

/** Run `script` from the sources of the packages, with `settings` as its argument. */
export function startTellingProcess(script: URL, settings: object): TellingProcess {
  const { PATH, HOME } = process.env
  const child = spawn(
    process.execPath,
    ['--conditions=@aldis/source', fileURLToPath(script), JSON.stringify(settings)],
    {
      env: { PATH, HOME },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    async next() {
      const line: unknown = JSON.parse(String((await lines.next()).value))
      return line
    },
  }
}
