import { AldisError, messageOf } from './aldis-error.ts'
import { didYouMean } from './suggestion.ts'

/** The steps of a load, in order. */
export type LoadPhase = 'resolve' | 'construct' | 'collect' | 'check' | 'observe' | 'bind' | 'start'

/** One plugin's part in a load that failed. */
export interface LoadFailure {
  readonly plugin: string
  readonly phase: LoadPhase
  readonly error: Error
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.name)

/** Plugins could not be loaded; what had been loaded with them is undone. */
export class PluginLoadError extends AldisError {
  readonly code = 'PLUGIN_LOAD'
  /** The first plugin that failed, and in which step. */
  readonly plugin: string
  readonly phase: LoadPhase
  /** All that failed in that step. */
  readonly failures: readonly LoadFailure[]

  constructor(first: LoadFailure, failures: readonly LoadFailure[]) {
    super(
      failures
        .map(
          ({ plugin, phase, error }) => `Plugin "${plugin}" (${phase}, ${codeOf(error)}): ${error.message}`,
        )
        .join('\n'),
      { cause: first.error },
    )
    this.plugin = first.plugin
    this.phase = first.phase
    this.failures = failures
  }
}

/** No package and no definition has the name that the configuration enables. */
export class PluginNotFoundError extends AldisError {
  readonly code = 'PLUGIN_NOT_FOUND'
  readonly plugin: string

  constructor(plugin: string, known: readonly string[], searched: readonly string[]) {
    const where = searched.length > 0 ? `Searched ${searched.join(', ')}.` : 'No folders are searched.'
    super(`There is no plugin "${plugin}".${didYouMean(plugin, known)} ${where}`)
    this.plugin = plugin
  }
}

/** One name stands for two plugins, or is enabled twice. */
export class PluginDuplicateError extends AldisError {
  readonly code = 'PLUGIN_DUPLICATE'
  readonly plugin: string

  constructor(plugin: string, detail: string) {
    super(`The plugin "${plugin}" ${detail}`)
    this.plugin = plugin
  }
}

/** The order that plugins ask for goes round in a circle. */
export class PluginCycleError extends AldisError {
  readonly code = 'PLUGIN_CYCLE'
  /** The circle, its first plugin again at the end. */
  readonly path: readonly string[]

  constructor(path: readonly string[]) {
    super(
      `The plugins ${path.join(' → ')} wait for each other. ` +
        'Take one "requires", "after" or "before" out of their package.json files.',
    )
    this.path = path
  }
}

/** A plugin requires another that is not enabled, or could not be loaded. */
export class PluginRequirementError extends AldisError {
  readonly code = 'PLUGIN_REQUIREMENT_MISSING'
  readonly plugin: string
  readonly requirement: string

  constructor(plugin: string, requirement: string, reason: string) {
    super(`The plugin "${plugin}" requires "${requirement}", which ${reason}.`)
    this.plugin = plugin
    this.requirement = requirement
  }
}

/** A plugin requires another in a version that it does not have. */
export class PluginVersionError extends AldisError {
  readonly code = 'PLUGIN_VERSION_MISMATCH'
  readonly plugin: string
  readonly requirement: string

  constructor(plugin: string, requirement: string, range: string, version: string) {
    super(`The plugin "${plugin}" requires "${requirement}" ${range}; there is ${version}.`)
    this.plugin = plugin
    this.requirement = requirement
  }
}

/** A plugin cannot be unloaded while others require it. */
export class PluginRequiredError extends AldisError {
  readonly code = 'PLUGIN_REQUIRED'
  readonly plugin: string
  readonly requiredBy: readonly string[]

  constructor(plugin: string, requiredBy: readonly string[]) {
    super(`The plugin "${plugin}" is required by ${requiredBy.join(', ')}. Unload those first.`)
    this.plugin = plugin
    this.requiredBy = requiredBy
  }
}

/** The plugin is loaded already. */
export class PluginAlreadyLoadedError extends AldisError {
  readonly code = 'PLUGIN_ALREADY_LOADED'
  readonly plugin: string

  constructor(plugin: string) {
    super(`The plugin "${plugin}" is already loaded. To give it new settings, reload it.`)
    this.plugin = plugin
  }
}

/** The plugin is not loaded. */
export class PluginNotLoadedError extends AldisError {
  readonly code = 'PLUGIN_NOT_LOADED'
  readonly plugin: string

  constructor(plugin: string, loaded: readonly string[]) {
    super(
      `The plugin "${plugin}" is not loaded.${didYouMean(plugin, loaded)} ` +
        `Loaded: ${loaded.length > 0 ? loaded.join(', ') : 'none'}.`,
    )
    this.plugin = plugin
  }
}

/** A plugin's package.json says something that it cannot say. */
export class PluginManifestError extends AldisError {
  readonly code = 'PLUGIN_MANIFEST_INVALID'
  readonly file: string

  constructor(file: string, detail: string) {
    super(`${file}: ${detail}`)
    this.file = file
  }
}

/** A plugin's folder or entry file leads outside the workspace through a symbolic link. */
export class PluginOutsideRootError extends AldisError {
  readonly code = 'PLUGIN_OUTSIDE_ROOT'
  readonly plugin: string

  constructor(plugin: string, path: string, root: string) {
    super(
      `The plugin "${plugin}" is at ${path}, outside ${root}. ` +
        'A link out of the workspace is not followed; name the folder itself in pluginPaths.',
    )
    this.plugin = plugin
  }
}

/** A plugin's module cannot be imported, or holds no plugin. */
export class PluginImportError extends AldisError {
  readonly code = 'PLUGIN_IMPORT'
  readonly plugin: string

  constructor(plugin: string, detail: string, cause?: unknown) {
    super(`The plugin "${plugin}" cannot be imported: ${detail}`, { cause })
    this.plugin = plugin
  }
}

/** A plugin took too long. */
export class PluginTimeoutError extends AldisError {
  readonly code = 'PLUGIN_TIMEOUT'
  readonly plugin: string
  readonly timeoutMs: number

  constructor(plugin: string, doing: string, timeoutMs: number) {
    super(`The plugin "${plugin}" did not finish ${doing} within ${timeoutMs} ms.`)
    this.plugin = plugin
    this.timeoutMs = timeoutMs
  }
}

/** The settings of a plugin do not fit its schema. */
export class PluginSettingsError extends AldisError {
  readonly code = 'PLUGIN_SETTINGS_INVALID'
  readonly plugin: string
  /** One line per problem: where, and what. */
  readonly problems: readonly string[]

  constructor(plugin: string, problems: readonly string[]) {
    super(
      `The settings of "${plugin}" cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    )
    this.plugin = plugin
    this.problems = problems
  }
}

/** A plugin's constructor, or what the host asked it for, threw. */
export class PluginFailedError extends AldisError {
  readonly code = 'PLUGIN_FAILED'
  readonly plugin: string

  constructor(plugin: string, doing: string, cause: unknown) {
    super(`The plugin "${plugin}" failed in ${doing}: ${messageOf(cause)}`, { cause })
    this.plugin = plugin
  }
}

/** Two plugins claim what one alone can have. */
export class PluginConflictError extends AldisError {
  readonly code = 'PLUGIN_CONFLICT'
  readonly plugins: readonly [string, string]

  constructor(what: string, first: string, second: string) {
    super(`${what} comes from the plugin "${first}" and from "${second}". One of them has to give it up.`)
    this.plugins = [first, second]
  }
}

/** A plugin asks for subscriptions that it cannot have. */
export class SubscriptionError extends AldisError {
  readonly code = 'SUBSCRIPTION_INVALID'
  readonly plugin: string
  /** One line per problem: which subscription, and what. */
  readonly problems: readonly string[]

  constructor(plugin: string, problems: readonly string[]) {
    const lines = problems.map((problem) => `  ${problem}`).join('\n')
    super(`getSignalSubscriptions() of "${plugin}" cannot be used:\n${lines}`)
    this.plugin = plugin
    this.problems = problems
  }
}

/** No plugin provides what is asked for. */
export class ServiceNotProvidedError extends AldisError {
  readonly code = 'SERVICE_NOT_PROVIDED'
  readonly service: string

  constructor(service: string, asker: string | undefined) {
    super(
      `No loaded plugin provides "${service}"${asker === undefined ? '' : `, which the plugin "${asker}" asks for`}. ` +
        'Enable one that does, and name it in "requires" so that it loads first.',
    )
    this.service = service
  }
}

/** Another host in this process has not stopped. */
export class HostRunningError extends AldisError {
  readonly code = 'HOST_RUNNING'

  constructor() {
    super(
      'Another host runs in this process, and signals are process-wide. Stop it first: await host.stop().',
    )
  }
}

/** The host serves already. */
export class HostServingError extends AldisError {
  readonly code = 'HOST_SERVING'

  constructor() {
    super('The host serves already. Abort the signal that serve() was given before serving again.')
  }
}

/** The host has stopped. */
export class HostStoppedError extends AldisError {
  readonly code = 'HOST_STOPPED'

  constructor() {
    super('The host has stopped. Make a new one with createHost().')
  }
}
