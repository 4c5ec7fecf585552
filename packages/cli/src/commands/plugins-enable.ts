import type { Host, PluginInfo } from '@aldis/core'
import { Command } from 'commander'

import type { Cli } from '../cli.ts'
import { PluginNeedsError } from '../command-errors.ts'
import {
  changeConfig,
  configFileOf,
  hostOfFile,
  RESTART,
  withWriterOptions,
  type WriterOptions,
} from '../config-change.ts'
import { findPlugin, reasonOf } from '../plugin-rows.ts'

interface Options extends WriterOptions {
  readonly after?: string
}

/** The interface of plugins whose tables `aldis db upgrade` makes; the package that has it is not always there. */
const KEEPS_DATA = 'models:IModels'

/** `aldis plugins enable`: add a plugin to the configuration's list, if it would load there. */
export function pluginsEnableCommand(cli: Cli): Command {
  return withWriterOptions(new Command('enable'))
    .argument('<name>', 'the plugin')
    .option('--after <plugin>', 'put it behind this one; the list is the order of precedence')
    .action(async (name: string, options: Options) => {
      const { plugin, path, values, root } = await lookUp(cli, name)
      let next = RESTART
      if (plugin.state === 'off') {
        const at =
          options.after === undefined ? values.plugins.length : values.plugins.indexOf(options.after) + 1
        const loaded = await tryOut(cli, plugin.name, root, {
          ...values,
          plugins: values.plugins.toSpliced(at, 0, plugin.name),
        })
        if (loaded.interfaces.includes(KEEPS_DATA)) {
          next = 'It may need tables: stop the host, run "aldis db upgrade", and start it again.'
        }
      }
      const change = { enable: plugin.name, ...(options.after !== undefined && { after: options.after }) }
      await changeConfig(cli, path, change, options, `${plugin.name} is enabled. ${next}`)
    })
}

async function lookUp(
  cli: Cli,
  name: string,
): Promise<{ plugin: PluginInfo; path: string; values: Host['config']['values']; root: string }> {
  await using host = await hostOfFile(cli)
  const { values, root } = host.config
  return { plugin: findPlugin(host, name), path: configFileOf(host), values, root }
}

/**
 * Load the configuration as it would be: a list that `name` cannot be loaded from is not written.
 *
 * @throws PluginNeedsError when it cannot
 */
async function tryOut(
  cli: Cli,
  name: string,
  root: string,
  config: Host['config']['values'],
): Promise<PluginInfo> {
  const { createHost, silentLogger } = await import('@aldis/core')
  const { ALDIS_PLUGINS: _, ...env } = cli.source.env
  await using host = await createHost({
    config,
    cwd: root,
    env,
    onPluginFailure: 'disable',
    logger: silentLogger,
  })
  await host.load()
  const plugin = findPlugin(host, name)
  if (plugin.state === 'on') return plugin
  const off = Object.keys(plugin.requires).filter(
    (required) => host.plugins.find((other) => other.name === required)?.state === 'off',
  )
  const hint =
    off.length > 0 ? ` First: ${off.map((required) => `aldis plugins enable ${required}`).join(', ')}` : ''
  throw new PluginNeedsError(name, `${reasonOf(plugin) ?? 'it cannot be loaded.'}${hint}`)
}
