import type { Host, PluginInfo } from '@aldis/core'
import { Command } from 'commander'

import { count, hasFailed, type Cli, type FormatOptions } from '../cli.ts'
import { codeOf } from '../exit-code.ts'
import { withFormats } from '../format-options.ts'
import { pluginDocument, requiresText } from '../plugin-rows.ts'
import type { Column } from '../table.ts'

interface Options extends FormatOptions {
  readonly all?: boolean
}

interface Row {
  readonly position: number | undefined
  readonly plugin: PluginInfo
  readonly signals: number
}

/** `aldis plugins list`: the enabled plugins in load order; the others too with `--all`. */
export function pluginsListCommand(cli: Cli): Command {
  return withFormats(new Command('list'))
    .option('--all', 'also the plugins that are not enabled')
    .action(async (options: Options) => {
      const host = await cli.listing()
      const shown = host.plugins.filter(({ state }) => options.all === true || state !== 'off')
      const { signals } = host
      let position = 0
      const rows = shown.map((plugin): Row => ({
        plugin,
        position: plugin.state === 'on' ? ++position : undefined,
        signals: signals.filter(({ publisher }) => publisher === plugin.name).length,
      }))
      cli.list(
        options,
        {
          kind: 'plugins-list',
          columns,
          rows,
          document: {
            plugins: shown.map((plugin) => pluginDocument(plugin, host, (folder) => cli.path(folder))),
          },
          summary: summaryOf(host, options.all === true),
        },
        host,
      )
    })
}

const known = (plugin: PluginInfo, text: string): string => (plugin.state === 'on' ? text : '-')

const columns: readonly Column<Row>[] = [
  { header: '#', value: ({ position }) => String(position ?? '-'), align: 'right' },
  { header: 'PLUGIN', value: ({ plugin }) => plugin.name },
  { header: 'VERSION', value: ({ plugin }) => plugin.version || '-' },
  {
    header: 'STATE',
    value: ({ plugin }) => plugin.state,
    color: ({ plugin }) => (hasFailed(plugin) ? 'red' : plugin.state === 'on' ? 'green' : 'dim'),
  },
  { header: 'SOURCE', value: ({ plugin }) => plugin.source, dispensable: 2 },
  {
    header: 'SIGNALS',
    value: ({ plugin, signals }) => known(plugin, String(signals)),
    align: 'right',
    dispensable: 3,
  },
  {
    header: 'SUBS',
    value: ({ plugin }) => known(plugin, String(plugin.subscriptions.length)),
    align: 'right',
  },
  {
    header: 'LOAD',
    value: ({ plugin }) =>
      known(plugin, `${plugin.loadMs < 10 ? plugin.loadMs.toFixed(1) : Math.round(plugin.loadMs)}ms`),
    align: 'right',
    dispensable: 1,
  },
  {
    header: 'REQUIRES',
    value: ({ plugin }) => (hasFailed(plugin) ? (codeOf(plugin.error) ?? 'failed') : requiresText(plugin)),
    flexible: 'end',
    color: ({ plugin }) => (hasFailed(plugin) ? 'red' : undefined),
  },
]

function summaryOf(host: Host, all: boolean): string {
  const of = (state: PluginInfo['state']): number =>
    host.plugins.filter((plugin) => plugin.state === state).length
  const parts = [`${count(of('on'), 'plugin')} on`]
  for (const state of ['failed', 'skipped', 'off'] as const)
    if (of(state) > 0) parts.push(`${of(state)} ${state}`)
  return `${parts.join(', ')}${!all && of('off') > 0 ? ' (--all shows those too)' : ''}`
}
