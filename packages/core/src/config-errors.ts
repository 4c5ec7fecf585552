import { AldisError } from './aldis-error.ts'

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
