/** How a command ends. docs/cli.md lists them. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  configInvalid: 4,
  pluginFailed: 5,
  problemsFound: 6,
  interrupted: 130,
} as const

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

const byCode: Readonly<Record<string, ExitCode>> = {
  CLI_USAGE: ExitCode.usage,
  CLI_NOT_FOUND: ExitCode.notFound,
  CLI_INTERRUPTED: ExitCode.interrupted,
  CONFIG_NOT_FOUND: ExitCode.configInvalid,
  CONFIG_INVALID: ExitCode.configInvalid,
  PLUGIN_NAME_INVALID: ExitCode.usage,
  PLUGIN_LOAD: ExitCode.pluginFailed,
}

/** What the process exits with when a command ends with `error`. */
export function exitCodeOf(error: unknown): number {
  const own: unknown = error instanceof Error && 'exitCode' in error ? error.exitCode : undefined
  return byCode[codeOf(error) ?? ''] ?? (isExitCode(own) ? own : ExitCode.failed)
}

/** What a plugin's error may say; with 0 it would be none. */
function isExitCode(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 256
}

/** The stable code of an error that has one. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : undefined
}
