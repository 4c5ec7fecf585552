import { resolve } from 'node:path'

import { ConfigSchema, type ConfigInput, type Configuration } from './config.ts'
import { draftOfValues, type ConfigDraft } from './config-draft.ts'
import { applyEnvironment, type Environment } from './config-environment.ts'
import { ConfigError, type ConfigProblem } from './config-errors.ts'
import { zodProblems } from './zod-problems.ts'

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
  const { settings } = draft.values
  for (const each of [draft.values, settings]) if (typeof each === 'object' && each !== null) dropEmpty(each)
  applyEnvironment(draft, env)
  const checked = ConfigSchema.safeParse(draft.values)
  if (!checked.success) {
    const problems = zodProblems(checked.error, Object.keys(ConfigSchema.shape))
    throw new ConfigError(
      problems.map(({ path, message }): ConfigProblem => {
        const shown = path.length === 0 ? message : `${path.join('.')}  ${message}`
        return { where: draft.where(path), message: shown }
      }),
    )
  }
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
function dropEmpty(values: object): void {
  for (const key of Object.keys(values)) {
    if (Reflect.get(values, key) === null) Reflect.deleteProperty(values, key)
  }
}
