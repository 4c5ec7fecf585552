import type { AskOptions } from '@aldis/core'

/** Where a command reads and writes: the process's own streams, another process's, or a test's. */
export interface Terminal {
  /** Data. */
  readonly stdout: (text: string) => void
  /** Talk: warnings, questions, progress. */
  readonly stderr: (text: string) => void
  /** Whether a person reads stdout in a terminal, `columns` wide. */
  readonly isTTY: boolean
  readonly columns: number
  /** Whether a person is there to answer {@link Terminal.ask}. */
  readonly interactive: boolean
  /** Ask a question on stderr and wait for the line that is typed; a secret is not shown. */
  readonly ask: (question: string, options: AskOptions) => Promise<string>
  /** All of stdin. */
  readonly readStdin: () => Promise<string>
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted when the user interrupts. Asking for it takes over the signals of the process. */
  readonly interrupted: () => AbortSignal
}

/** Whether to colour what goes to stdout, before `--no-color` is looked at. */
export function colorWanted({ env, isTTY }: Pick<Terminal, 'env' | 'isTTY'>): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = env
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return isTTY && TERM !== 'dumb'
}
