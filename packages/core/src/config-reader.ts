import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'

import { isMap, isScalar, LineCounter, parse, parseDocument, visit, type Document } from 'yaml'
import type { z } from 'zod'

import { AldisError, messageOf } from './aldis-error.ts'
import { ConfigSchema, type ConfigInput, type Configuration } from './config.ts'
import { isPluginName, PluginNameError } from './plugin-name.ts'
import { didYouMean } from './suggestion.ts'

const FILE_NAME = 'aldis.config.yaml'
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** The configuration file is not there. */
export class ConfigNotFoundError extends AldisError {
  readonly code = 'CONFIG_NOT_FOUND'
  readonly path: string

  constructor(path: string) {
    super(`There is no configuration file ${path}. Write one, or name another with --config or ALDIS_CONFIG.`)
    this.path = path
  }
}

/** One thing that is wrong in a configuration. */
export interface ConfigProblem {
  /** `file:line`, `env NAME`, or the path of a given value. */
  readonly where: string
  readonly message: string
}

/** The configuration cannot be used. */
export class ConfigError extends AldisError {
  readonly code = 'CONFIG_INVALID'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ where, message }) => `${where}  ${message}`).join('\n'))
    this.problems = problems
  }
}

/** Where to read a configuration from; as in `HostOptions`. */
export interface ReadConfigOptions {
  readonly config?: string | ConfigInput
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Values before they are checked, and where each came from. */
interface Draft {
  readonly path: string | undefined
  readonly root: string
  readonly values: Record<string, unknown>
  readonly origins: Map<string, string>
  /** Where the value at a path is written. */
  where(path: readonly PropertyKey[]): string
}

/**
 * Read a configuration: the file or the given values, then the environment.
 *
 * @throws ConfigNotFoundError when there is no such file
 * @throws ConfigError with all that is wrong, when something is
 */
export async function readConfig(options: ReadConfigOptions = {}): Promise<Configuration> {
  const { cwd = process.cwd(), env = process.env, config } = options
  const draft =
    typeof config === 'object'
      ? draftOfValues(config, cwd)
      : await draftOfFile(resolve(cwd, config ?? env['ALDIS_CONFIG'] ?? FILE_NAME), cwd)
  applyEnvironment(draft, env)
  const checked = ConfigSchema.safeParse(draft.values)
  if (!checked.success)
    throw new ConfigError(checked.error.issues.flatMap((issue) => problemsOf(issue, draft)))
  for (const key of Object.keys(checked.data)) if (!draft.origins.has(key)) draft.origins.set(key, 'default')
  return { path: draft.path, root: draft.root, values: checked.data, origins: draft.origins }
}

function draftOfValues(config: ConfigInput, root: string): Draft {
  const forbidden = forbiddenPath(config, [])
  if (forbidden) {
    throw new ConfigError([{ where: forbidden.join('.'), message: 'This key is not allowed anywhere.' }])
  }
  const values: Record<string, unknown> = structuredClone(config)
  const origins = new Map<string, string>()
  recordOrigins(values, [], origins, () => 'given')
  return { path: undefined, root, values, origins, where: (path) => path.join('.') || 'config' }
}

async function draftOfFile(path: string, cwd: string): Promise<Draft> {
  if (!existsSync(path)) throw new ConfigNotFoundError(path)
  const shown = relative(cwd, path) || path
  const lines = new LineCounter()
  const document = parseDocument(await readFile(path, 'utf8'), { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): string => `${shown}:${lines.linePos(offset).line}`
  const problems = document.errors.map(({ pos, message }) => ({ where: at(pos[0]), message }))
  visit(document, {
    Pair(_key, { key }) {
      if (isScalar(key) && FORBIDDEN_KEYS.has(String(key.value))) {
        const message = `The key "${String(key.value)}" is not allowed anywhere.`
        problems.push({ where: at(key.range?.[0] ?? 0), message })
      }
    },
  })
  if (problems.length > 0) throw new ConfigError(problems)
  if (document.contents !== null && !isMap(document.contents)) {
    throw new ConfigError([{ where: shown, message: 'A configuration is a map: "plugins:", "settings:", …' }])
  }
  let values: Record<string, unknown>
  try {
    values = document.contents === null ? {} : document.toJS()
  } catch (error) {
    throw new ConfigError([{ where: shown, message: messageOf(error) }])
  }
  const where = (keys: readonly PropertyKey[]): string => {
    const offset = offsetOf(document, keys)
    return offset === undefined ? shown : at(offset)
  }
  const origins = new Map<string, string>()
  recordOrigins(values, [], origins, where)
  return { path, root: dirname(path), values, origins, where }
}

/** Where the value at `keys`, or the nearest there is above it, starts. */
function offsetOf(document: Document, keys: readonly PropertyKey[]): number | undefined {
  for (let length = keys.length; length > 0; length--) {
    const node = document.getIn(keys.slice(0, length), true)
    if (isScalar(node) || isMap(node)) return node.range?.[0]
  }
  return undefined
}

function recordOrigins(
  value: unknown,
  path: readonly string[],
  origins: Map<string, string>,
  where: (path: readonly string[]) => string,
): void {
  if (path.length > 0) origins.set(path.join('.'), where(path))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  for (const [key, child] of Object.entries(value)) recordOrigins(child, [...path, key], origins, where)
}

/** `ALDIS_PLUGINS` replaces the list; `ALDIS_SETTINGS__plugin__key` sets one setting, its value read as YAML. */
function applyEnvironment(draft: Draft, env: Readonly<Record<string, string | undefined>>): void {
  const list = env['ALDIS_PLUGINS']
  if (list !== undefined) {
    draft.values['plugins'] = list.split(/[\s,]+/).filter((name) => name !== '')
    draft.origins.set('plugins', 'env ALDIS_PLUGINS')
  }
  const problems: ConfigProblem[] = []
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('ALDIS_SETTINGS__') || text === undefined) continue
    const [plugin = '', ...keys] = variable.slice('ALDIS_SETTINGS__'.length).split('__')
    const where = `env ${variable}`
    const forbidden = [plugin, ...keys].find((key) => key === '' || FORBIDDEN_KEYS.has(key))
    if (!isPluginName(plugin)) problems.push({ where, message: new PluginNameError(plugin, where).message })
    else if (keys.length === 0 || forbidden !== undefined) {
      problems.push({
        where,
        message: 'Write ALDIS_SETTINGS__<plugin>__<key>, such as ALDIS_SETTINGS__portal__port.',
      })
    } else {
      try {
        setIn(draft.values, ['settings', plugin, ...keys], parse(text))
        draft.origins.set(['settings', plugin, ...keys].join('.'), where)
      } catch (error) {
        problems.push({ where, message: `not YAML: ${messageOf(error)}` })
      }
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function setIn(
  target: Record<string, unknown>,
  [key = '', ...rest]: readonly string[],
  value: unknown,
): void {
  if (rest.length === 0) target[key] = value
  else {
    const child = target[key]
    const next = isRecord(child) ? child : {}
    target[key] = next
    setIn(next, rest, value)
  }
}

/** The first forbidden key at any depth of a given value. */
function forbiddenPath(value: unknown, path: readonly string[]): readonly string[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const key of Object.getOwnPropertyNames(value)) {
    const at = [...path, key]
    if (FORBIDDEN_KEYS.has(key)) return at
    const inner = forbiddenPath(Reflect.get(value, key), at)
    if (inner) return inner
  }
  return undefined
}

function problemsOf(issue: z.core.$ZodIssue, draft: Draft): ConfigProblem[] {
  const path = issue.path.join('.')
  if (issue.code !== 'unrecognized_keys') {
    return [
      { where: draft.where(issue.path), message: path === '' ? issue.message : `${path}  ${issue.message}` },
    ]
  }
  const known = Object.keys(ConfigSchema.shape)
  return issue.keys.map((key) => ({
    where: draft.where([...issue.path, key]),
    message: `${[...issue.path, key].join('.')}  unknown key.${didYouMean(key, known)}`,
  }))
}
