import { resolve } from 'node:path'

import type { z } from 'zod'

import { ConfigSchema, type ConfigInput, type Configuration } from './config.ts'
import { draftOfValues, type ConfigDraft } from './config-draft.ts'
import { applyEnvironment, type Environment } from './config-environment.ts'
import { ConfigError, type ConfigProblem } from './config-errors.ts'
import { didYouMean } from './suggestion.ts'

const FILE_NAME = 'aldis.config.yaml'

/** Where to read a configuration from; as in `HostOptions`. */
export interface ReadConfigOptions {
  readonly config?: string | ConfigInput
  readonly cwd?: string
  readonly env?: Environment
}

/**
 * Read a configuration: the file or the given values, then the environment.
 *
 * @throws ConfigNotFoundError when there is no such file
 * @throws ConfigError with all that is wrong, when something is
 */
export async function readConfig(options: ReadConfigOptions = {}): Promise<Configuration> {
  const { env = process.env } = options
  const draft = await draftOf(options, env)
  dropEmpty(draft.values)
  applyEnvironment(draft, env)
  const checked = ConfigSchema.safeParse(draft.values)
  if (!checked.success)
    throw new ConfigError(checked.error.issues.flatMap((issue) => problemsOf(issue, draft)))
  for (const key of Object.keys(checked.data)) if (!draft.origins.has(key)) draft.origins.set(key, 'default')
  return { path: draft.path, root: draft.root, values: checked.data, origins: draft.origins }
}

async function draftOf(
  { cwd = process.cwd(), config }: ReadConfigOptions,
  env: Environment,
): Promise<ConfigDraft> {
  if (typeof config === 'object') return draftOfValues(config, cwd)
  const named = env['ALDIS_CONFIG'] === '' ? undefined : env['ALDIS_CONFIG']
  const { draftOfFile } = await import('./config-file.ts')
  return draftOfFile(resolve(cwd, config ?? named ?? FILE_NAME), cwd)
}

/** A key with nothing after it, as when every line below it is a comment, says nothing. */
function dropEmpty(values: object, depth = 2): void {
  for (const [key, value] of Object.entries(values)) {
    if (value === null) Reflect.deleteProperty(values, key)
    else if (key === 'settings' && depth === 2 && typeof value === 'object') dropEmpty(value, 1)
  }
}

function problemsOf(issue: z.core.$ZodIssue, draft: ConfigDraft): ConfigProblem[] {
  const path = issue.path.join('.')
  const where = draft.where(issue.path)
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(ConfigSchema.shape)
    return issue.keys.map((key) => ({
      where: draft.where([...issue.path, key]),
      message: `${[...issue.path, key].join('.')}  unknown key.${didYouMean(key, known)}`,
    }))
  }
  const reasons = issue.code === 'invalid_key' ? issue.issues.map(({ message }) => message) : [issue.message]
  return reasons.map((reason) => ({ where, message: path === '' ? reason : `${path}  ${reason}` }))
}
