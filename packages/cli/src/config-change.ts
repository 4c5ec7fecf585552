import { editConfig, writeConfigEdit, type Host, type PluginListChange } from '@aldis/core'
import type { Command } from 'commander'

import type { Cli } from './cli.ts'
import { InterruptedError, UsageError } from './command-errors.ts'

/** The options of commands that write. */
export interface WriterOptions {
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly input?: boolean
  readonly json?: boolean
}

/** Give a command that writes the options that say whether to. */
export function withWriterOptions(command: Command): Command {
  return command
    .option('-y, --yes', 'write without asking')
    .option('--dry-run', 'show what would be written and write nothing')
    .option('--no-input', 'never ask')
    .option('--json', 'print one JSON document')
}

/** What a change asks for where a host runs. */
export const RESTART = 'A running host has to be restarted to see it.'

/** The host as the file alone configures it: edits concern the file, not ALDIS_PLUGINS. */
export async function hostOfFile(cli: Cli): Promise<Host> {
  const { createHost, silentLogger } = await import('@aldis/core')
  const { ALDIS_PLUGINS, ...env } = cli.source.env
  if (ALDIS_PLUGINS !== undefined) {
    cli.say('warning: ALDIS_PLUGINS is set and replaces the list in the file that this command edits.')
  }
  const host = await createHost({ ...cli.source, env, onPluginFailure: 'disable', logger: silentLogger })
  await host.load()
  return host
}

/** The file of `host`'s configuration. */
export function configFileOf(host: Host): string {
  const { path } = host.config
  if (path === undefined) throw new UsageError('This host has no configuration file to edit.')
  return path
}

/**
 * Show `change` of the configuration at `path`, ask where somebody can be asked, and write it; `done` says what it was, and what has to be done.
 */
export async function changeConfig(
  cli: Cli,
  path: string,
  change: PluginListChange,
  options: WriterOptions,
  done: string,
): Promise<void> {
  const edit = await editConfig(path, change)
  const changed = edit.diff !== ''
  if (options.json !== true && changed) cli.print(edit.diff)
  const write = changed && options.dryRun !== true
  if (write && !(await isAgreed(cli, options, `Write ${cli.path(path)}?`))) throw new InterruptedError()
  if (write) await writeConfigEdit(edit)
  if (options.json === true) {
    cli.document('plugins-change', {
      file: cli.path(path),
      changed,
      written: write,
      enabled: change.enable === undefined ? [] : [change.enable],
      disabled: change.disable ?? [],
      diff: edit.diff,
    })
  }
  if (!changed) cli.say('Nothing to change.')
  else cli.say(write ? done : 'Not written (--dry-run).')
}

/** Whether the user wants it: asked on a terminal, taken for granted where nobody can be asked. */
export async function isAgreed(cli: Cli, options: WriterOptions, question: string): Promise<boolean> {
  if (options.yes === true || !mayAsk(cli, options)) return true
  return /^y(?:es)?$/i.test(await cli.ask(`${question} [y/N] `))
}

/** Whether there is somebody to ask. */
export function mayAsk(cli: Cli, { input, json }: WriterOptions): boolean {
  return cli.terminal.interactive && input !== false && json !== true
}
