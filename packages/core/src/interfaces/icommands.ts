import type { Host } from '../host.ts'
import { defineInterface, type Interface } from '../interface.ts'

/** A positional argument of a command. */
export interface CommandArgument {
  readonly name: string
  readonly description: string
  /** @defaultValue `true` */
  readonly required?: boolean
}

/** An option of a command: `--name VALUE`, or a switch when `type` is `boolean`. */
export interface CommandOption {
  /** Without dashes, such as `dry-run`. */
  readonly name: string
  readonly description: string
  readonly type: 'string' | 'number' | 'boolean'
  /** @defaultValue `false` */
  readonly required?: boolean
  readonly choices?: readonly string[]
  readonly default?: string | number | boolean
}

/** What a command was called with. */
export interface CommandArguments {
  readonly arguments: Readonly<Record<string, string | undefined>>
  readonly options: Readonly<Record<string, string | number | boolean | undefined>>
}

/** How {@link CommandContext.ask} asks. */
export interface AskOptions {
  /** Whether what is typed is not to be seen. @defaultValue `false` */
  readonly secret?: boolean
}

/** Where a command runs: in the terminal's process, or in the host that holds the database. */
export interface CommandContext {
  readonly host: Host
  /** Data. */
  readonly stdout: (text: string) => void
  /** Talk. */
  readonly stderr: (text: string) => void
  /** Whether a person reads stdout in a terminal, `columns` wide. */
  readonly isTTY: boolean
  readonly columns: number
  readonly color: boolean
  /** Aborted when the caller gives up. */
  readonly signal: AbortSignal
  /**
   * Ask the person at the terminal and wait for the line that is typed; nothing of it is shown with `secret`. Only
   * there where a person can answer: not in a script, and not in another process than the terminal's.
   */
  readonly ask?: (question: string, options?: AskOptions) => Promise<string>
}

/** A command that a plugin adds to `aldis`, as data. */
export interface Command {
  /** One or two words, such as `user create`. */
  readonly name: string
  readonly description: string
  readonly arguments?: readonly CommandArgument[]
  readonly options?: readonly CommandOption[]
  /**
   * `load`: plugins constructed and bound, no I/O; `start`: the database and what else is open, in the running host
   * when there is one; `process`: the same in a process of its own, which goes on until it is interrupted and then exits with 0.
   */
  readonly needs: 'load' | 'start' | 'process'
  /** The exit code; 0 when nothing is returned. What it throws is printed, and exits with its `exitCode` or 1. */
  run(args: CommandArguments, context: CommandContext): number | void | Promise<number | void>
}

/** Implemented by plugins that add commands to `aldis`. */
export interface ICommands {
  getCommands(): readonly Command[]
}

export const ICommands: Interface<ICommands> = defineInterface<ICommands>('aldis:ICommands', ['getCommands'])
