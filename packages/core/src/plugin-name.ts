import { AldisError } from './aldis-error.ts'

const GRAMMAR = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/
const MAX_LENGTH = 64

/** Names that mean something else: to objects, and in "requires". */
const RESERVED: ReadonlySet<string> = new Set(['constructor', 'prototype', 'core'])

/** A name that cannot be a plugin's. It is refused before it touches a path or an import. */
export class PluginNameError extends AldisError {
  readonly code = 'PLUGIN_NAME_INVALID'
  readonly plugin: string

  constructor(plugin: unknown, where: string) {
    const shown = JSON.stringify(typeof plugin === 'string' ? plugin.slice(0, MAX_LENGTH) : plugin)
    const reason =
      typeof plugin === 'string' && RESERVED.has(plugin)
        ? 'That word is reserved.'
        : `Use lower-case words joined by underscores, such as "request_log", at most ${MAX_LENGTH} characters.`
    super(`${shown} in ${where} cannot be a plugin's name. ${reason}`)
    this.plugin = String(plugin)
  }
}

/** Whether `name` can be a plugin's name. */
export function isPluginName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= MAX_LENGTH && GRAMMAR.test(name) && !RESERVED.has(name)
}

/** The name of the folder and package of the plugin `name`: dashes for underscores. */
export function folderNameOf(name: string): string {
  return name.replaceAll('_', '-')
}
