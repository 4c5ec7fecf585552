import { execFile } from 'node:child_process'

export interface Finished {
  /** The exit code; 1 when a signal ended the process. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `command` to its end and resolves whatever its exit code; after `timeoutMs` it is killed, and this rejects. */
export function runProcess(
  command: string,
  args: readonly string[],
  options: {
    readonly cwd: string
    readonly env?: Readonly<Record<string, string>>
    readonly timeoutMs?: number
  },
): Promise<Finished> {
  const { cwd, timeoutMs = 60_000 } = options
  // The test runner's own options for Node must not reach a program that a user would start.
  const env = { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '', ...options.env }
  return new Promise((resolve, reject) => {
    const child = execFile(command, [...args], { cwd, env, timeout: timeoutMs }, (error, stdout, stderr) => {
      if (error?.killed === true) reject(new Error(`${command} has not ended in ${timeoutMs} ms: ${stderr}`))
      else resolve({ code: child.exitCode ?? 1, stdout, stderr })
    })
  })
}
