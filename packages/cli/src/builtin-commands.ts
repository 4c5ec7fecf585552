import type { Command } from 'commander'

import type { Cli } from './cli.ts'

/** A command that comes with `aldis`: its words, what it does, and the file it is in. */
export interface BuiltinCommand {
  readonly words: readonly [string] | readonly [group: string, verb: string]
  /** The arguments, as the help shows them. */
  readonly usage?: string
  readonly summary: string
  /** Another word for the last one. */
  readonly alias?: string
  readonly load: () => Promise<(cli: Cli) => Command>
}

/** The words under which commands are gathered. */
export const groups: Readonly<Record<string, string>> = {
  signals: 'Who sends what, and who listens',
  plugins: 'What is installed, and what is enabled',
  config: 'What the configuration says',
}

/** Every command that comes with `aldis`, in the order of the help. A file is read when its command is called. */
export const builtinCommands: readonly BuiltinCommand[] = [
  {
    words: ['run'],
    summary: 'Load the plugins and serve until interrupted',
    load: async () => (await import('./commands/run.ts')).runCommand,
  },
  {
    words: ['signals', 'list'],
    usage: '[pattern]',
    summary: 'List the signals with how many listen to each',
    alias: 'ls',
    load: async () => (await import('./commands/signals-list.ts')).signalsListCommand,
  },
  {
    words: ['signals', 'show'],
    usage: '<name>',
    summary: 'Show a signal: payload, receivers in call order',
    load: async () => (await import('./commands/signals-show.ts')).signalsShowCommand,
  },
  {
    words: ['signals', 'graph'],
    summary: 'Draw who sends and who listens, as mermaid or JSON',
    load: async () => (await import('./commands/signals-graph.ts')).signalsGraphCommand,
  },
  {
    words: ['subscribers'],
    summary: 'List the subscriptions of the plugins',
    load: async () => (await import('./commands/subscribers.ts')).subscribersCommand,
  },
  {
    words: ['send'],
    usage: '<name>',
    summary: 'Send a signal and report what each receiver returned',
    load: async () => (await import('./commands/send.ts')).sendCommand,
  },
  {
    words: ['plugins', 'list'],
    summary: 'List the plugins in load order',
    alias: 'ls',
    load: async () => (await import('./commands/plugins-list.ts')).pluginsListCommand,
  },
  {
    words: ['plugins', 'info'],
    usage: '<name>',
    summary: 'Show a plugin, and why it failed if it did',
    load: async () => (await import('./commands/plugins-info.ts')).pluginsInfoCommand,
  },
  {
    words: ['plugins', 'enable'],
    usage: '<name>',
    summary: 'Enable a plugin in the configuration',
    load: async () => (await import('./commands/plugins-enable.ts')).pluginsEnableCommand,
  },
  {
    words: ['plugins', 'disable'],
    usage: '<name>',
    summary: 'Disable a plugin in the configuration',
    load: async () => (await import('./commands/plugins-disable.ts')).pluginsDisableCommand,
  },
  {
    words: ['plugins', 'create'],
    usage: '[name]',
    summary: 'Write a new plugin package, with a test that passes',
    load: async () => (await import('./commands/plugins-create.ts')).pluginsCreateCommand,
  },
  {
    words: ['config', 'print'],
    summary: 'Print every value of the configuration, secrets hidden',
    load: async () => (await import('./commands/config-print.ts')).configPrintCommand,
  },
  {
    words: ['config', 'check'],
    summary: "Check the configuration and the plugins' settings",
    load: async () => (await import('./commands/config-check.ts')).configCheckCommand,
  },
  {
    words: ['doctor'],
    summary: 'Look for what is wrong in order, wiring, settings',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
]

/** The command that `words` call, if one of these does. */
export function builtinFor([first, second]: readonly string[]): BuiltinCommand | undefined {
  return builtinCommands.find(
    ({ words: [name, verb], alias }) =>
      name === first && (verb === undefined || verb === second || alias === second),
  )
}

/** Whether the first word `word` belongs to a command that comes with `aldis`. */
export function isBuiltinWord(word: string): boolean {
  return word === 'help' || builtinCommands.some(({ words }) => words[0] === word)
}
