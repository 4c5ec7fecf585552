import { Command, Help } from 'commander'

import { builtinCommands, builtinFor, groups, isBuiltinWord } from './builtin-commands.ts'
import type { Cli } from './cli.ts'
import { version } from './version.ts'

const examples = `Examples:
  aldis signals list                 who listens to what
  aldis signals show ckan:user_created
  aldis plugins create stock_alerts  a new plugin, with a test
  aldis run                          serve until interrupted
`

/** Options of every command that take a value. */
const valued = new Set(['-c', '--config', '--cwd'])

/** The words of `argv` that are not options or their values: what is called, then its arguments. */
function wordsOf(argv: readonly string[]): string[] {
  const words: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (word === '--') break
    if (valued.has(word)) index++
    else if (!word.startsWith('-')) words.push(word)
  }
  return words
}

/**
 * The program for the call `cli.argv`: every command is there by name, and the one that is called is
 * there in full. Plugins are only asked for theirs when none of `aldis`'s own is called.
 */
export async function makeProgram(cli: Cli): Promise<Command> {
  const program = new Command('aldis')
    .description('Plugins that talk in signals: who sends, who listens, and what runs.')
    .version(version(), '-V, --version', 'print the version')
    .option('-c, --config <file>', 'the configuration (default: $ALDIS_CONFIG, else aldis.config.yaml)')
    .option('--cwd <folder>', 'run as if started in this folder')
    .option('-q, --quiet', 'print data and errors, nothing else')
    .option('--debug', 'print the stack of errors, and the log of plugins')
    .option('--no-color', 'no colour (also NO_COLOR, TERM=dumb)')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: cli.terminal.stdout,
      writeErr: cli.terminal.stderr,
      getOutHelpWidth: () => cli.terminal.columns,
      getErrHelpWidth: () => cli.terminal.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => write(text.replace(/^error:/, 'error CLI_USAGE:')),
    })
    .configureHelp({ formatHelp: formatLeaves, subcommandTerm: termOf })
    .addHelpText('before', examples)
    .hook('preAction', (_program, action) => {
      cli.globals = action.optsWithGlobals()
    })
  const words = wordsOf(cli.argv)
  const called = builtinFor(words)
  for (const builtin of builtinCommands) {
    const [first, verb] = builtin.words
    const define = builtin === called ? await builtin.load() : undefined
    const command = define ? define(cli) : new Command(builtin.words.at(-1)).usage(builtin.usage ?? '')
    command.summary(builtin.summary)
    if (command.description() === '') command.description(builtin.summary)
    if (builtin.alias !== undefined) command.alias(builtin.alias)
    adopt(verb === undefined ? program : groupOf(program, first), command)
  }
  const [word] = words
  const wantsPlugins =
    word === undefined ? cli.argv.some((each) => each === '-h' || each === '--help') : !isBuiltinWord(word)
  if (wantsPlugins || cli.argv.length === 0) {
    const { addPluginCommands } = await import('./plugin-commands.ts')
    cli.globals = globalsIn(program, cli.argv)
    await addPluginCommands(cli, program)
  }
  if (word === undefined) program.action(() => program.outputHelp())
  return program
}

/** Put `command` under `parent`, with the parent's settings. */
export function adopt(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent)
  parent.addCommand(command)
}

/** The command `name` of `program` under which others are gathered. */
export function groupOf(program: Command, name: string, description = groups[name] ?? ''): Command {
  const known = program.commands.find((command) => command.name() === name)
  if (known) return known
  const group = new Command(name).description(description).helpCommand(false)
  adopt(program, group)
  return group
}

/** The global options in `argv`, before the program knows all commands. */
function globalsIn(program: Command, argv: readonly string[]): Cli['globals'] {
  const probe = new Command().allowUnknownOption().allowExcessArguments().helpOption(false)
  for (const option of program.options) probe.addOption(option)
  probe.exitOverride().configureOutput({ writeErr: () => undefined })
  probe.parseOptions([...argv])
  return probe.opts()
}

/** The help of the program lists what can be called, not the groups. */
function formatLeaves(command: Command, helper: Help): string {
  const visible = (parent: Command): Command[] => Help.prototype.visibleCommands.call(helper, parent)
  const leaves = (parent: Command): Command[] =>
    visible(parent).flatMap((child) => (child.commands.length > 0 ? leaves(child) : [child]))
  if (command.parent === null) helper.visibleCommands = leaves
  return Help.prototype.formatHelp.call(helper, command, helper)
}

function termOf(command: Command): string {
  const words = [command.name()]
  for (let parent = command.parent; parent?.parent; parent = parent.parent) words.unshift(parent.name())
  const own = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  )
  const usage =
    own.length > 0
      ? own.join(' ')
      : command
          .usage()
          .replace(/\[options\]/g, '')
          .trim()
  return `${words.join(' ')} ${usage}`.trim()
}
