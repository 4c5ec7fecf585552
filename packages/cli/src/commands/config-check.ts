import { ConfigError, type Host } from '@aldis/core'
import { Command } from 'commander'

import { count, type Cli } from '../cli.ts'
import { ExitCode } from '../exit-code.ts'

interface Problem {
  readonly where: string | null
  readonly message: string
}

/** `aldis config check`: the configuration itself, and the settings of every plugin that it enables. */
export function configCheckCommand(cli: Cli): Command {
  return new Command('check')
    .option('--json', 'print one JSON document')
    .action(async (options: { readonly json?: boolean }) => {
      const { problems, file } = await check(cli)
      if (options.json === true) cli.document('config-check', { file, ok: problems.length === 0, problems })
      else {
        for (const { where, message } of problems)
          cli.print(where === null ? `${message}\n` : `${where}  ${message}\n`)
        const verdict = problems.length === 0 ? 'is valid' : `has ${count(problems.length, 'problem')}`
        cli.say(`${file ?? 'The configuration'} ${verdict}.`)
      }
      if (problems.length > 0) cli.exitCode = ExitCode.configInvalid
    })
}

async function check(cli: Cli): Promise<{ file: string | null; problems: Problem[] }> {
  try {
    const host = await cli.listing()
    const { path } = host.config
    return { file: path === undefined ? null : cli.path(path), problems: pluginProblems(host) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { file: null, problems: [...error.problems] }
  }
}

/** Names in the list that are no plugin's, and settings that do not fit. */
function pluginProblems(host: Host): Problem[] {
  return host.plugins.flatMap(({ error, source }) => {
    if (source === 'missing' && error) return [{ where: null, message: error.message }]
    const problems: unknown =
      error && 'code' in error && error.code === 'PLUGIN_SETTINGS_INVALID' && Reflect.get(error, 'problems')
    if (!Array.isArray(problems)) return []
    return problems.map((message): Problem => ({ where: null, message: String(message) }))
  })
}
