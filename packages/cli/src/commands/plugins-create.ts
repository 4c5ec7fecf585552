import { join, relative } from 'node:path'

import { folderNameOf, isPluginName, PluginNameError, signals, type Host } from '@aldis/core'
import { Command } from 'commander'

import type { Cli } from '../cli.ts'
import { InterruptedError, PluginExistsError, UsageError } from '../command-errors.ts'
import { isAgreed, mayAsk, withWriterOptions, type WriterOptions } from '../config-change.ts'
import { filesOf, type ListenedSignal, type NewPlugin } from '../new-plugin.ts'
import { lookAtWorkspace, refuseExisting, writeFolder } from '../plugin-writer.ts'
import { nearestSignal } from '../signal-names.ts'

interface Options extends WriterOptions {
  readonly subscribe?: readonly string[]
  readonly signal?: string
}

/** Heard at the first request, so that a new plugin shows itself at once. */
const USUAL_SIGNAL = 'ckan:request_finished'
const SIGNAL = /^[a-z][a-z0-9_]*$/
const KEY = /^[a-z][a-z0-9_]*:[a-z][a-z0-9_]*$/

/** `aldis plugins create`: a package under plugins/ that loads, logs, and passes its own test. */
export function pluginsCreateCommand(cli: Cli): Command {
  return withWriterOptions(new Command('create'))
    .argument('[name]', 'lower-case words joined by underscores, such as stock_alerts')
    .option('--subscribe <signal...>', `signals to listen to (default: ${USUAL_SIGNAL})`)
    .option('--signal <name>', 'a signal to declare, inside the namespace ckanext')
    .addHelpText('after', '\nExample:\n  aldis plugins create stock_alerts --signal stock_low --yes')
    .action(async (given: string | undefined, options: Options) => {
      const name = nameOf(given ?? (await ask(cli, options, 'Name of the plugin', 'such as stock_alerts')))
      const host = await cli.listing()
      const folder = join(host.config.root, 'plugins', folderNameOf(name))
      await refuseExisting(folder)
      const taken = host.plugins.find((plugin) => plugin.name === name && plugin.source !== 'missing')
      if (taken) {
        const place = taken.folder ?? 'memory'
        throw new PluginExistsError(place, `A plugin "${name}" is in ${place}.`)
      }
      const subscribe = options.subscribe ?? (await askSignals(cli, options))
      const wanted =
        options.signal ?? (given === undefined ? await ask(cli, options, 'Signal to declare', 'none') : '')
      const declares = declaredName(host, wanted)
      const plugin: NewPlugin = {
        name,
        listensTo: [...new Set(subscribe)].map((key) => listened(cli, host, key, declares)),
        declares,
        workspace: await lookAtWorkspace(host.config.root),
      }
      await create(cli, folder, plugin, options)
    })
}

async function create(cli: Cli, folder: string, plugin: NewPlugin, options: WriterOptions): Promise<void> {
  const files = filesOf(plugin)
  const shown = cli.path(folder)
  if (options.json !== true) {
    for (const [path, text] of files) {
      cli.print(options.dryRun === true ? addition(join(shown, path), text) : `+ ${join(shown, path)}\n`)
    }
  }
  const write = options.dryRun !== true
  if (write && !(await isAgreed(cli, options, 'Write?'))) throw new InterruptedError()
  if (write) await writeFolder(folder, files)
  if (options.json === true) {
    cli.document('plugins-create', {
      plugin: plugin.name,
      folder: shown,
      files: [...files.keys()],
      written: write,
    })
  }
  const test = relative(cli.cwd, folder) === '' ? '.' : shown
  cli.say(
    write
      ? `${plugin.name} is created. Next:\n  ${plugin.workspace.install}\n  aldis plugins enable ${plugin.name}\n  npx vitest run ${test}`
      : 'Not written (--dry-run).',
  )
}

/** Dashes are how folders write what names write with underscores. */
function nameOf(text: string): string {
  const name = text.replaceAll('-', '_')
  if (!isPluginName(name)) throw new PluginNameError(text, 'this command')
  return name
}

function listened(cli: Cli, host: Host, key: string, declares: string | undefined): ListenedSignal {
  if (!KEY.test(key))
    throw new UsageError(`"${key}" is not a signal's name: namespace:name, such as ${USUAL_SIGNAL}.`)
  const known = host.signals.find((info) => info.key === key)
  if (known?.declared !== true && key !== `ckanext:${declares}`) {
    const near = nearestSignal(host.signals, key)
    cli.say(
      `warning: no enabled plugin declares ${key}${near === undefined ? '.' : `; did you mean ${near}?`}`,
    )
  }
  const constant = Object.entries(signals).find(([, value]) => value === known?.signal)?.[0]
  return { key, constant }
}

function declaredName(host: Host, given: string): string | undefined {
  if (given === '') return undefined
  const name = given.replace(/^ckanext:/, '')
  if (!SIGNAL.test(name))
    throw new UsageError(`"${given}" cannot be a signal's name: lower-case words joined by underscores.`)
  const known = host.signals.find((info) => info.key === `ckanext:${name}`)
  if (known?.declared === true)
    throw new UsageError(`ckanext:${name} is declared by ${known.publisher ?? 'another plugin'}.`)
  return name
}

async function askSignals(cli: Cli, options: WriterOptions): Promise<string[]> {
  const answer =
    options.yes === true ? '' : await ask(cli, options, 'Signals to listen to', USUAL_SIGNAL, USUAL_SIGNAL)
  const keys = answer.split(/[\s,]+/).filter((key) => key !== '')
  return keys.length > 0 ? keys : [USUAL_SIGNAL]
}

/** Ask where somebody can be asked; else `otherwise`, or a mistake when there is none. */
async function ask(
  cli: Cli,
  options: WriterOptions,
  what: string,
  hint: string,
  otherwise?: string,
): Promise<string> {
  if (mayAsk(cli, options)) return cli.ask(`${what} (${hint}): `)
  if (otherwise !== undefined) return otherwise
  throw new UsageError('Name the plugin: nobody can be asked here.')
}

const addition = (path: string, text: string): string =>
  `+++ ${path}\n${text.replace(/^/gm, '+').replace(/\+$/, '')}`
