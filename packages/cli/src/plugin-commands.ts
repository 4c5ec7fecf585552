import {
  ConfigNotFoundError,
  type Command as HostCommand,
  type CommandArguments,
  type CommandOption,
  type Host,
} from '@aldis/core'
import { Command, InvalidArgumentError, Option } from 'commander'

import { isBuiltinWord } from './builtin-commands.ts'
import type { Cli } from './cli.ts'
import { CommandConflictError, NotFoundError } from './command-errors.ts'
import { describeError } from './describe-error.ts'
import { runHostCommand } from './host-command.ts'
import { adopt, groupOf } from './program.ts'

/** A command of a plugin, with whose it is. */
export interface OwnedCommand {
  readonly command: HostCommand
  readonly plugin: string
}

/** The options that every command has; a plugin's cannot have the same. */
const GLOBAL_OPTIONS = new Set(['config', 'cwd', 'quiet', 'debug', 'color', 'help', 'version'])
const WORD = /^[a-z][a-z0-9-]*$/

/**
 * Add the commands of the loaded plugins to `program`. One that cannot be called is left out and
 * said on stderr, so that it disturbs no other.
 */
export async function addPluginCommands(cli: Cli, program: Command): Promise<void> {
  let host: Host
  try {
    host = cli.held ?? (await cli.listing())
  } catch (error) {
    // Without a configuration there are no plugins, and so nothing of theirs.
    if (error instanceof ConfigNotFoundError) return
    throw error
  }
  const { commands, conflicts } = pluginCommandsOf(host)
  for (const conflict of conflicts) cli.say(describeError(conflict))
  for (const owned of commands) {
    const [first = '', verb] = owned.command.name.split(' ')
    const parent =
      verb === undefined ? program : groupOf(program, first, `Commands of the plugin ${owned.plugin}`)
    if (verb !== undefined) parent.helpGroup('Plugins:')
    const command = commanderOf(cli, owned)
    adopt(parent, command)
    command.helpGroup('Plugins:')
  }
  if (cli.held === undefined) cli.warn(host)
}

/** The commands of `host` that can be called, and what is wrong with the others. */
export function pluginCommandsOf(host: Host): {
  commands: OwnedCommand[]
  conflicts: CommandConflictError[]
} {
  const commands: OwnedCommand[] = []
  const conflicts: CommandConflictError[] = []
  for (const command of host.commands) {
    const plugin = host.plugins.find((each) => each.commands.includes(command.name))?.name ?? 'unknown'
    const detail = conflictOf(command, commands)
    if (detail === undefined) commands.push({ command, plugin })
    else conflicts.push(new CommandConflictError(command.name, plugin, detail))
  }
  return { commands, conflicts }
}

function conflictOf(
  { name, options = [] }: HostCommand,
  earlier: readonly OwnedCommand[],
): string | undefined {
  const words = name.split(' ')
  const [first = ''] = words
  if (words.length > 2 || !words.every((word) => WORD.test(word))) {
    return 'a name is one or two words of a-z, 0-9 and dashes.'
  }
  if (isBuiltinWord(first)) return `"${first}" is a command of aldis itself.`
  const other = earlier.find(({ command }) => {
    const others = command.name.split(' ')
    return others[0] === first && (others.length === 1 || words.length === 1 || others[1] === words[1])
  })
  if (other) return `"${other.command.name}" is a command of the plugin "${other.plugin}".`
  const option = options.find((each) => GLOBAL_OPTIONS.has(each.name))
  return option && `its option --${option.name} is one of aldis itself.`
}

/** The command as commander has it. */
function commanderOf(cli: Cli, { command, plugin }: OwnedCommand): Command {
  const { name, description, arguments: parameters = [], options = [], needs } = command
  const result = new Command(name.split(' ').at(-1)).description(description).summary(description)
  for (const { name: parameter, description: text, required = true } of parameters) {
    result.argument(required ? `<${parameter}>` : `[${parameter}]`, text)
  }
  const made = options.map((option) => ({ option, made: optionOf(option) }))
  for (const each of made) result.addOption(each.made)
  return result.action(async () => {
    const values: Record<string, unknown> = result.opts()
    const args: CommandArguments = {
      arguments: Object.fromEntries(parameters.map((each, index) => [each.name, result.args[index]])),
      options: Object.fromEntries(
        made.map(({ option, made: flag }) => {
          const value = values[flag.attributeName()]
          return [option.name, isOptionValue(value) ? value : undefined]
        }),
      ),
    }
    const find = (host: Host): HostCommand => {
      const found = pluginCommandsOf(host).commands.find((each) => each.command.name === name)
      if (found) return found.command
      throw new NotFoundError(
        `The running host has no command "${name}" of the plugin ${plugin}. Restart it.`,
      )
    }
    await runHostCommand(cli, { needs, argv: cli.argv, args, find })
  })
}

const isOptionValue = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value)

function optionOf({ name, description, type, required, choices, default: usual }: CommandOption): Option {
  const flags =
    type === 'boolean'
      ? `--${usual === true ? 'no-' : ''}${name}`
      : `--${name} <${type === 'number' ? 'number' : 'value'}>`
  const option = new Option(flags, description)
  if (choices) option.choices([...choices])
  if (type === 'number') option.argParser(parseNumber)
  if (usual !== undefined) option.default(usual)
  return required === true ? option.makeOptionMandatory() : option
}

function parseNumber(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || Number.isNaN(number)) throw new InvalidArgumentError('It is not a number.')
  return number
}
