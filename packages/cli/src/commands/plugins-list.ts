import { basename } from 'node:path'

import type { Host, PluginInfo, SignalInfo } from '@aldis/core'
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
  readonly position: string
  readonly name: string
  readonly version: string
  readonly state: PluginInfo['state'] | 'broken'
  readonly source: string
  readonly signals: string
  readonly subscriptions: string
  readonly load: string
  /** What it requires, or the code of what is wrong with it. */
  readonly requires: string
}

/** `aldis plugins list`: the enabled plugins in load order; with `--all` also the others, and folders that cannot be used. */
export function pluginsListCommand(cli: Cli): Command {
  return withFormats(new Command('list'))
    .option('--all', 'also the plugins that are not enabled, and broken folders')
    .action(async (options: Options) => {
      const host = await cli.listing()
      const { signals } = host
      const shown = host.plugins.filter(({ state }) => options.all === true || state !== 'off')
      const problems = options.all === true ? host.problems : []
      cli.list(
        options,
        {
          kind: 'plugins-list',
          columns,
          rows: [
            ...shown.map((plugin, index) => rowOf(plugin, index + 1, signals)),
            ...problems.map(brokenRow),
          ],
          document: {
            plugins: shown.map((plugin) => pluginDocument(plugin, signals, (folder) => cli.path(folder))),
            broken: problems.map(({ folder, error }) => ({
              folder: cli.path(folder),
              error: { code: codeOf(error) ?? null, message: error.message },
            })),
          },
          summary: summaryOf(host, options.all === true),
        },
        host,
      )
    })
}

function rowOf(plugin: PluginInfo, position: number, signals: readonly SignalInfo[]): Row {
  const { name, version, state, source, subscriptions, loadMs, error } = plugin
  const declared = signals.filter(({ publisher }) => publisher === name).length
  const on = (text: string): string => (state === 'on' ? text : '-')
  return {
    position: on(String(position)),
    name,
    version: version || '-',
    state,
    source,
    signals: on(String(declared)),
    subscriptions: on(String(subscriptions.length)),
    load: on(`${loadMs < 10 ? loadMs.toFixed(1) : Math.round(loadMs)}ms`),
    requires: hasFailed(plugin) ? (codeOf(error) ?? 'failed') : requiresText(plugin),
  }
}

function brokenRow({ folder, error }: Host['problems'][number]): Row {
  return {
    position: '-',
    name: basename(folder),
    version: '-',
    state: 'broken',
    source: 'folder',
    signals: '-',
    subscriptions: '-',
    load: '-',
    requires: codeOf(error) ?? 'broken',
  }
}

const colors = { on: 'green', off: 'dim', failed: 'red', skipped: 'red', broken: 'red' } as const

const columns: readonly Column<Row>[] = [
  { header: '#', value: ({ position }) => position, align: 'right' },
  { header: 'PLUGIN', value: ({ name }) => name },
  { header: 'VERSION', value: ({ version }) => version },
  { header: 'STATE', value: ({ state }) => state, color: ({ state }) => colors[state] },
  { header: 'SOURCE', value: ({ source }) => source, dispensable: 2 },
  { header: 'SIGNALS', value: ({ signals }) => signals, align: 'right', dispensable: 3 },
  { header: 'SUBS', value: ({ subscriptions }) => subscriptions, align: 'right' },
  { header: 'LOAD', value: ({ load }) => load, align: 'right', dispensable: 1 },
  { header: 'REQUIRES', value: ({ requires }) => requires, flexible: 'end' },
]

function summaryOf(host: Host, all: boolean): string {
  const of = (state: PluginInfo['state']): number =>
    host.plugins.filter((plugin) => plugin.state === state).length
  const parts = [`${count(of('on'), 'plugin')} on`]
  for (const state of ['failed', 'skipped', 'off'] as const)
    if (of(state) > 0) parts.push(`${of(state)} ${state}`)
  if (host.problems.length > 0) parts.push(count(host.problems.length, 'broken folder'))
  const more = !all && (of('off') > 0 || host.problems.length > 0)
  return `${parts.join(', ')}${more ? ' (--all shows the rest)' : ''}`
}
