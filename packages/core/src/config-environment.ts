import { parse } from 'yaml'

import { messageOf } from './aldis-error.ts'
import type { ConfigDraft } from './config-draft.ts'
import { ConfigError, type ConfigProblem } from './config-errors.ts'
import { impureData, isForbiddenKey } from './plain-data.ts'
import { isPluginName, PluginNameError } from './plugin-name.ts'

/** What the variables are read from, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

const SETTINGS = 'ALDIS_SETTINGS__'

/**
 * Write what `env` says over `draft`: `ALDIS_PLUGINS` replaces the list;
 * `ALDIS_SETTINGS__plugin__key` sets one setting, its value read as YAML.
 *
 * @throws ConfigError with every variable that cannot be used
 */
export function applyEnvironment(draft: ConfigDraft, env: Environment): void {
  const list = env['ALDIS_PLUGINS']
  if (list !== undefined) {
    draft.values['plugins'] = list.split(/[\s,]+/).filter((name) => name !== '')
    draft.origins.set('plugins', 'env ALDIS_PLUGINS')
  }
  const problems: ConfigProblem[] = []
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(SETTINGS) || text === undefined) continue
    const path = variable.slice(SETTINGS.length).split('__')
    const where = `env ${variable}`
    try {
      const value: unknown = parse(text)
      const message = problemOf(path, value, where)
      if (message !== undefined) problems.push({ where, message })
      else {
        setIn(draft.values, ['settings', ...path], value)
        draft.origins.set(['settings', ...path].join('.'), where)
      }
    } catch (error) {
      problems.push({ where, message: `not YAML: ${messageOf(error)}` })
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
}

function problemOf(path: readonly string[], value: unknown, where: string): string | undefined {
  const [plugin = '', ...keys] = path
  if (!isPluginName(plugin)) return new PluginNameError(plugin, where).message
  const forbidden = keys.find(isForbiddenKey)
  if (forbidden !== undefined) return `the key "${forbidden}" is not allowed anywhere.`
  if (keys.length === 0 || keys.includes('')) {
    return `Write ${SETTINGS}<plugin>__<key>, such as ${SETTINGS}portal__port.`
  }
  const [impure] = impureData(value)
  return impure && `${impure.path.join('.')}: ${impure.message}`
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function setIn(
  target: Record<string, unknown>,
  [key = '', ...rest]: readonly string[],
  value: unknown,
): void {
  const child = target[key]
  // A copy: through a YAML alias, the value may stand in other places too.
  const next = isRecord(child) ? { ...child } : {}
  target[key] = rest.length === 0 ? value : next
  if (rest.length > 0) setIn(next, rest, value)
}
