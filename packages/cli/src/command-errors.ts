import { AldisError, messageOf } from '@aldis/core'

/** A command was called in a way that it cannot be. */
export class UsageError extends AldisError {
  readonly code = 'CLI_USAGE'
}

/** What a command was asked about is not there. */
export class NotFoundError extends AldisError {
  readonly code = 'CLI_NOT_FOUND'
}

/** The user interrupted. */
export class InterruptedError extends AldisError {
  readonly code = 'CLI_INTERRUPTED'

  constructor() {
    super('Interrupted; nothing was changed.')
  }
}

/** Something was thrown, or rejected, where nobody could catch it: in a timer of a plugin, in a promise left alone. */
export class UncaughtError extends AldisError {
  readonly code = 'UNCAUGHT'

  constructor(cause: unknown) {
    super(`Nobody caught "${messageOf(cause)}", so the host has stopped. The log has its stack.`, { cause })
  }
}

/** A plugin's command has a name that is taken. */
export class CommandConflictError extends AldisError {
  readonly code = 'COMMAND_CONFLICT'
  readonly command: string

  constructor(command: string, owner: string, detail: string) {
    super(`The command "${command}" of the plugin "${owner}" cannot be called: ${detail}`)
    this.command = command
  }
}

/** A payload does not fit the signal's declaration. */
export class PayloadError extends AldisError {
  readonly code = 'PAYLOAD_INVALID'
  /** One line per problem. */
  readonly problems: readonly string[]

  constructor(signal: string, problems: readonly string[]) {
    super(`The payload does not fit ${signal}:\n${problems.join('\n')}`)
    this.problems = problems
  }
}

/** A plugin cannot be disabled while others that are enabled require it. */
export class PluginInUseError extends AldisError {
  readonly code = 'PLUGIN_IN_USE'
  readonly plugin: string
  readonly requiredBy: readonly string[]

  constructor(plugin: string, requiredBy: readonly string[]) {
    super(
      `${plugin} is required by ${requiredBy.join(', ')}. ` +
        `Add --cascade to disable ${requiredBy.length > 1 ? 'those' : 'that'} too.`,
    )
    this.plugin = plugin
    this.requiredBy = requiredBy
  }
}

/** A plugin cannot be enabled: what it requires is missing, off, or of another version. */
export class PluginNeedsError extends AldisError {
  readonly code = 'PLUGIN_NEEDS'
  readonly plugin: string

  constructor(plugin: string, reason: string) {
    super(`${plugin} stays off: ${reason}`)
    this.plugin = plugin
  }
}

/** A plugin cannot be created where something is already. */
export class PluginExistsError extends AldisError {
  readonly code = 'PLUGIN_EXISTS'
  readonly path: string

  constructor(path: string, what: string) {
    super(`${what} Choose another name, or remove it first.`)
    this.path = path
  }
}
