import type { Host, PluginInfo } from '@aldis/core'
import { Command } from 'commander'

import { hasFailed, type Cli } from '../cli.ts'
import { codeOf } from '../exit-code.ts'
import { fieldsOf, settingsSchemaOf } from '../payload-schema.ts'
import { findPlugin, pluginDocument, requiresText } from '../plugin-rows.ts'
import { located, receiverDocument } from '../receiver-columns.ts'
import { printable, wrapText } from '../table.ts'

/** `aldis plugins info`: one plugin, what it does, and why it failed if it did. */
export function pluginsInfoCommand(cli: Cli): Command {
  return new Command('info')
    .argument('<name>', 'the plugin')
    .option('--json', 'print one JSON document')
    .action(async (name: string, options: { readonly json?: boolean }) => {
      const host = await cli.listing()
      const plugin = findPlugin(host, name)
      const receivers = located(
        cli,
        host.signals.flatMap((info) => info.receivers).filter((info) => info.plugin === plugin.name),
      )
      const settings = settingsSchemaOf(plugin, 'input')
      if (options.json === true) {
        const document = pluginDocument(plugin, host.signals, (folder) => cli.path(folder))
        const subscriptions = receivers.map(receiverDocument)
        cli.document('plugins-info', { plugin: { ...document, subscriptions, settings: settings ?? null } })
        return
      }
      cli.print(head(cli, host, plugin))
      if (receivers.length > 0) {
        cli.print('\nListens to\n')
        cli.print(
          cli.table(
            [
              { header: 'SIGNAL', value: ({ signal }) => signal },
              { header: 'RECEIVER', value: ({ id }) => id },
              { header: 'SENDER', value: ({ sender }) => sender ?? 'any' },
              { header: 'DELIVERY', value: ({ delivery }) => delivery },
              { header: 'AT', value: ({ at }) => at ?? '-', below: true },
            ],
            receivers,
            '  ',
          ),
        )
      }
      const fields = fieldsOf(settings)
      if (fields.length > 0) {
        cli.print('\nSettings\n')
        cli.print(
          cli.table(
            [
              { header: 'SETTING', value: ({ path }) => path },
              { header: 'TYPE', value: ({ type }) => type, flexible: 'end', wrap: () => true },
            ],
            fields,
            '  ',
          ),
        )
      }
      cli.say(`\n${nextStep(plugin)}`)
    })
}

function head(cli: Cli, host: Host, plugin: PluginInfo): string {
  const { name, version, state, source, folder, description, error, interfaces, commands } = plugin
  const place = folder === undefined ? source : `${source}, ${cli.path(folder)}`
  const lines = [`${[name, version].filter((text) => text !== '').join(' ')}   ${state}   ${place}`]
  const width = cli.terminal.isTTY ? cli.terminal.columns - 4 : Infinity
  const add = (label: string, text: string): void => {
    const wrapped = wrapText(printable(text), width - 12)
    lines.push(...wrapped.map((line, index) => `  ${(index === 0 ? label : '').padEnd(12)}${line}`))
  }
  if (description !== undefined)
    lines.push(...wrapText(printable(description), width).map((line) => `  ${line}`))
  if (error) {
    lines.push('', `  ${codeOf(error) ?? 'failed'}`)
    for (const line of error.message.split('\n')) {
      lines.push(...wrapText(printable(line), width - 2).map((each) => `    ${each}`))
    }
    lines.push('')
  }
  const publishes = host.signals.filter(({ publisher }) => publisher === name).map(({ key }) => key)
  if (requiresText(plugin) !== '-') add('requires', requiresText(plugin))
  if (interfaces.length > 0) add('implements', interfaces.join(', '))
  if (publishes.length > 0) add('declares', publishes.join(', '))
  if (commands.length > 0) add('commands', commands.map((command) => `aldis ${command}`).join(', '))
  return `${lines.join('\n').trimEnd()}\n`
}

function nextStep(plugin: PluginInfo): string {
  if (hasFailed(plugin)) return `Next: mend it, or aldis plugins disable ${plugin.name}`
  return plugin.state === 'off'
    ? `Next: aldis plugins enable ${plugin.name}`
    : `Next: aldis subscribers --plugin ${plugin.name}`
}
