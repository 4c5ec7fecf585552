import type { Host } from '@aldis/core'
import { Command } from 'commander'

import type { Cli } from '../cli.ts'
import { PluginInUseError } from '../command-errors.ts'
import {
  changeConfig,
  configFileOf,
  hostOfFile,
  RESTART,
  withWriterOptions,
  type WriterOptions,
} from '../config-change.ts'
import { findPlugin } from '../plugin-rows.ts'

interface Options extends WriterOptions {
  readonly cascade?: boolean
}

/** `aldis plugins disable`: take a plugin from the configuration's list, unless others need it. */
export function pluginsDisableCommand(cli: Cli): Command {
  return withWriterOptions(new Command('disable'))
    .argument('<name>', 'the plugin; its settings stay')
    .option('--cascade', 'disable what requires it too')
    .action(async (name: string, options: Options) => {
      await using host = await hostOfFile(cli)
      const plugin = findPlugin(host, name)
      const dependents = dependentsOf(host, plugin.name)
      if (dependents.length > 0 && options.cascade !== true)
        throw new PluginInUseError(plugin.name, dependents)
      const disable = [...dependents, plugin.name]
      const done = `${disable.join(', ')} ${disable.length === 1 ? 'is' : 'are'} disabled. ${RESTART}`
      await changeConfig(cli, configFileOf(host), { disable }, options, done)
    })
}

/** The enabled plugins that cannot be without `name`, directly or through another. */
function dependentsOf(host: Host, name: string): string[] {
  const found = new Set<string>()
  const visit = (required: string): void => {
    for (const plugin of host.plugins) {
      if (plugin.state === 'off' || found.has(plugin.name) || plugin.name === name) continue
      if (!Object.hasOwn(plugin.requires, required)) continue
      found.add(plugin.name)
      visit(plugin.name)
    }
  }
  visit(name)
  return [...found]
}
