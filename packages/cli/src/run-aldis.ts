import { CommanderError } from 'commander'

import type { Host } from '@aldis/core'

import { Cli } from './cli.ts'
import { describeError } from './describe-error.ts'
import { ExitCode, exitCodeOf } from './exit-code.ts'
import { makeProgram } from './program.ts'
import type { Terminal } from './terminal.ts'

/**
 * Run the command `argv` (without the program's name) in `terminal` and resolve to its exit
 * code. Never rejects: what goes wrong is said on stderr. With `held`, the command
 * runs in that host, which has started, instead of one of its own.
 */
export async function runAldis(argv: readonly string[], terminal: Terminal, held?: Host): Promise<number> {
  const [first, ...rest] = argv
  const words = first === 'help' ? [...rest, '--help'] : [...argv]
  const cli = new Cli(terminal, words, held)
  try {
    const program = await makeProgram(cli)
    await program.parseAsync(words, { from: 'user' })
    return cli.exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed it; asked-for help is no mistake.
      return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
    }
    const debug = cli.globals.debug ?? argv.includes('--debug')
    terminal.stderr(describeError(error, debug))
    return exitCodeOf(error)
  } finally {
    await cli.release()
  }
}
