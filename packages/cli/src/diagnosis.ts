import { ConfigError, ConfigNotFoundError, coreCopies, suggest, type Host } from '@aldis/core'
import { fileURLToPath } from 'node:url'

import { hasFailed, type Cli } from './cli.ts'
import { codeOf } from './exit-code.ts'
import { pluginCommandsOf } from './plugin-commands.ts'
import { reasonOf } from './plugin-rows.ts'
import { labelOf, located } from './receiver-columns.ts'
import { nearestSignal } from './signal-names.ts'

/** One thing that was looked at. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'error'
  readonly code: string
  readonly message: string
}

/** How many broken folders are worth a line each. */
const MOST_FOLDERS = 10

/** Look at everything that can be looked at without running anything. */
export async function diagnose(cli: Cli): Promise<Finding[]> {
  let host: Host
  try {
    host = await cli.listing()
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems.map(({ where, message }) => ({
        level: 'error',
        code: error.code,
        message: `${where}: ${message}`,
      }))
    }
    if (error instanceof ConfigNotFoundError)
      return [{ level: 'error', code: error.code, message: error.message }]
    throw error
  }
  const { path } = host.config
  const plugins = pluginFindings(host)
  return [
    ok('CONFIG_VALID', path === undefined ? 'given' : cli.path(path)),
    ...(plugins.some(({ code }) => code === 'PLUGIN_CYCLE') ? [] : [ok('ORDER_ACYCLIC', orderText(host))]),
    ...plugins,
    ...settingsFindings(host),
    ...folderFindings(cli, host),
    ...copyFindings(cli),
    ...wiringFindings(cli, host),
    ...pluginCommandsOf(host).conflicts.map(({ code, message }): Finding => ({
      level: 'error',
      code,
      message,
    })),
  ]
}

const ok = (code: string, message: string): Finding => ({ level: 'ok', code, message })

function orderText(host: Host): string {
  const on = host.plugins.filter(({ state }) => state === 'on').map(({ name }) => name)
  return ['core', ...on].join(' → ')
}

function pluginFindings(host: Host): Finding[] {
  return host.plugins.filter(hasFailed).map((plugin) => ({
    level: 'error',
    code: codeOf(plugin.error) ?? 'PLUGIN_FAILED',
    message: `${plugin.name}: ${reasonOf(plugin) ?? 'failed'}`,
  }))
}

/** Settings of plugins that there are none of: the host reads past them. */
function settingsFindings(host: Host): Finding[] {
  const names = host.plugins.map(({ name }) => name)
  return Object.keys(host.config.values.settings)
    .filter((name) => !names.includes(name))
    .map((name) => {
      const near = suggest(name, names)
      const origin = host.config.origins.get(`settings.${name}`)
      return {
        level: 'warn',
        code: 'SETTINGS_UNUSED',
        message: `settings.${name}${origin === undefined ? '' : ` (${origin})`}: there is no such plugin${near === undefined ? '' : `; did you mean ${near}?`}`,
      }
    })
}

function folderFindings(cli: Cli, { problems }: Host): Finding[] {
  const shown = problems.slice(0, MOST_FOLDERS).map(({ folder, error }): Finding => ({
    level: 'warn',
    code: codeOf(error) ?? 'PLUGIN_FOLDER',
    message: `${cli.path(folder)}: ${error.message}`,
  }))
  const more = problems.length - shown.length
  if (more <= 0) return shown
  const message = `${more} more folders cannot be used as plugins (aldis plugins list --all)`
  return [...shown, { level: 'warn', code: 'PLUGIN_FOLDER', message }]
}

function copyFindings(cli: Cli): Finding[] {
  const copies = coreCopies()
  const text = copies
    .map(
      ({ version, url }) =>
        `${version} in ${cli.path(url.startsWith('file:') ? fileURLToPath(new URL('..', url)) : url)}`,
    )
    .join(', ')
  if (copies.length === 1) return [ok('CORE_SINGLE', `@aldis/core ${text}`)]
  const message = `@aldis/core is loaded ${copies.length} times: ${text}. Give the plugins the host's, as a peer dependency.`
  return [{ level: 'error', code: 'CORE_DUPLICATE', message }]
}

/** Subscriptions that will never be called, or soon no more. */
function wiringFindings(cli: Cli, host: Host): Finding[] {
  const findings: Finding[] = []
  const { signals } = host
  for (const info of signals) {
    if (info.receivers.length === 0) continue
    const receivers = located(cli, info.receivers)
    const who = receivers.map((each) =>
      each.at === undefined ? labelOf(each) : `${labelOf(each)} at ${each.at}`,
    )
    if (!info.declared) {
      const near = nearestSignal(signals, info.key)
      const hint = near === undefined ? '' : `; did you mean ${near}?`
      const message = `${info.key} is declared by no enabled plugin${hint} (${who.join(', ')})`
      findings.push({ level: 'warn', code: 'SIGNAL_UNDECLARED', message })
    }
    if (info.deprecated !== undefined) {
      const message = `${info.key}: ${info.deprecated} (${who.join(', ')})`
      findings.push({ level: 'warn', code: 'SIGNAL_DEPRECATED', message })
    }
    for (const receiver of receivers.filter(({ senderUnreachable }) => senderUnreachable)) {
      const near = suggest(receiver.sender ?? '', info.senders ?? [])
      const hint = near === undefined ? '' : `; did you mean ${near}?`
      const place = receiver.at === undefined ? '' : ` at ${receiver.at}`
      const message = `${info.key} is never sent by ${receiver.sender}${hint} (${labelOf(receiver)}${place})`
      findings.push({ level: 'warn', code: 'SENDER_UNREACHABLE', message })
    }
  }
  return findings
}
