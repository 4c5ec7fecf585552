import { relative, resolve } from 'node:path'

import type { AskOptions, Host, PluginInfo } from '@aldis/core'

import { codeOf } from './exit-code.ts'
import { renderPlain, renderTable, type Column } from './table.ts'
import { colorWanted, type Terminal } from './terminal.ts'

/** The options that every command takes. */
export interface GlobalOptions {
  readonly config?: string
  readonly cwd?: string
  readonly quiet?: boolean
  readonly debug?: boolean
  readonly color?: boolean
}

/** How a listing is asked to look. */
export interface FormatOptions {
  readonly json?: boolean
  readonly plain?: boolean
}

/** A listing: what of it goes into a table, and what into a document. */
export interface Listing<Row> {
  /** The document's kind, such as `signals-list`. */
  readonly kind: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly document: object
  /** Said under the table. */
  readonly summary: string
}

/** A part of a host's plugins that failed, as documents carry it. */
export interface Warning {
  readonly code: string
  readonly plugin: string
  readonly message: string
}

/** How many warnings are worth reading. */
const MOST_WARNINGS = 5

/** What a command works with: where it writes, the options of every command, and the exit code. */
export class Cli {
  readonly terminal: Terminal
  /** The running host, when the command came through the control socket. */
  readonly held: Host | undefined
  /** The words and options of this call, for handing it on. */
  readonly argv: readonly string[]
  /** What receivers threw while the command ran in a host of its own. */
  readonly receiverFailures: { readonly receiver: string; readonly error: unknown }[] = []
  globals: GlobalOptions = {}
  exitCode = 0
  #listed: Host | undefined

  constructor(terminal: Terminal, argv: readonly string[], held?: Host) {
    this.terminal = terminal
    this.argv = argv
    this.held = held
  }

  get color(): boolean {
    return this.globals.color !== false && colorWanted(this.terminal)
  }

  get cwd(): string {
    return resolve(this.terminal.cwd, this.globals.cwd ?? '.')
  }

  /** Where the host's configuration comes from, as `createHost` takes it. */
  get source(): { cwd: string; env: Terminal['env']; config?: string } {
    const { config } = this.globals
    return {
      cwd: this.cwd,
      env: this.terminal.env,
      // The path is the user's own: relative to where the command was typed.
      ...(config !== undefined && { config: resolve(this.terminal.cwd, config) }),
    }
  }

  /** A host that has constructed and bound the plugins, without those that fail, and opened nothing. */
  async listing(): Promise<Host> {
    if (this.#listed) return this.#listed
    const { createHost, silentLogger } = await import('@aldis/core')
    const host = await createHost({ ...this.source, onPluginFailure: 'disable', logger: silentLogger })
    this.#listed = host
    await host.load()
    return host
  }

  /** Stop the host that {@link Cli.listing} made: a process has one host at a time. */
  async release(): Promise<void> {
    const host = this.#listed
    this.#listed = undefined
    await host?.stop()
  }

  /** Print data. */
  print(text: string): void {
    this.terminal.stdout(text)
  }

  /** Say something beside the data; not with `--quiet`. */
  say(text: string): void {
    if (this.globals.quiet !== true) this.terminal.stderr(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** Ask the user and wait for the answer; walking away from the question is an interruption. */
  async ask(question: string, options: AskOptions = {}): Promise<string> {
    try {
      const answer = await this.terminal.ask(question, options)
      return options.secret === true ? answer : answer.trim()
    } catch {
      const { InterruptedError } = await import('./command-errors.ts')
      throw new InterruptedError()
    }
  }

  /** Print one document, with its kind and version. */
  document(kind: string, content: object): void {
    const $schema = `https://aldis.dev/schemas/${kind}.v1.json`
    this.print(`${JSON.stringify({ $schema, version: 1, ...content }, null, 2)}\n`)
  }

  /** Print `listing` in the form that `format` asks for, and warn of the plugins of `host` that failed. */
  list<Row>(
    format: FormatOptions,
    { kind, columns, rows, document, summary }: Listing<Row>,
    host: Host,
  ): void {
    if (format.json === true) {
      this.document(kind, { ...document, warnings: warningsOf(host) })
      return
    }
    if (format.plain === true) this.print(renderPlain(columns, rows))
    else if (rows.length > 0) this.print(this.table(columns, rows))
    if (format.plain !== true) this.say(rows.length > 0 ? `\n${summary}` : summary)
    this.warn(host)
  }

  /** `rows` as wide as the terminal, or as wide as they are when nobody reads them there. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], indent = ''): string {
    const width = this.terminal.isTTY ? this.terminal.columns : undefined
    return renderTable(columns, rows, { width, color: this.color, indent })
  }

  /** Say which plugins of `host` failed. */
  warn(host: Host): void {
    const warnings = warningsOf(host)
    for (const { plugin, message } of warnings.slice(0, MOST_WARNINGS)) {
      const [first = ''] = message.split('\n')
      this.say(`warning: plugin "${plugin}": ${first}  (aldis plugins info ${plugin})`)
    }
    const more = warnings.length - MOST_WARNINGS
    if (more > 0) this.say(`warning: ${count(more, 'more plugin')} failed  (aldis plugins list --all)`)
  }

  /** `location` (a path, maybe with a line) as a person would type it here. */
  path(location: string): string {
    const way = relative(this.cwd, location)
    return way.startsWith('..') ? location : way
  }
}

/** The plugins of `host` that are enabled and failed. */
export function warningsOf(host: Host): Warning[] {
  return host.plugins.filter(hasFailed).map(({ name, error }) => ({
    code: codeOf(error) ?? 'PLUGIN_FAILED',
    plugin: name,
    message: error?.message ?? 'failed',
  }))
}

/** Whether `plugin` was to be loaded and is not. */
export function hasFailed({ state }: PluginInfo): boolean {
  return state === 'failed' || state === 'skipped'
}

/** `1 signal`, `2 signals`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
