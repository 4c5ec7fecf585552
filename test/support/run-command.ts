import type { CommandArguments, CommandContext, Host } from '@aldis/core'

/** What a command is called with; what is left out is as when nobody writes it. */
export interface CommandCall extends Partial<CommandArguments> {
  /** Beside a pipe, in 80 columns. */
  readonly terminal?: Partial<CommandContext>
}

/** What a command wrote. */
export interface CommandOutput {
  readonly out: string
  readonly err: string
}

/** Run the command `name` of a plugin of `host` as the CLI does, and return what it wrote. */
export async function runCommand(host: Host, name: string, call: CommandCall = {}): Promise<CommandOutput> {
  const command = host.commands.find((each) => each.name === name)
  if (command === undefined) throw new Error(`No loaded plugin has the command "${name}".`)
  const options: Record<string, string | number | boolean | undefined> = {}
  for (const option of command.options ?? []) options[option.name] = option.default
  const written = { out: '', err: '' }
  await command.run(
    { arguments: call.arguments ?? {}, options: { ...options, ...call.options } },
    {
      host,
      stdout: (text) => (written.out += text),
      stderr: (text) => (written.err += text),
      isTTY: false,
      columns: 80,
      color: false,
      signal: new AbortController().signal,
      ...call.terminal,
    },
  )
  return written
}
