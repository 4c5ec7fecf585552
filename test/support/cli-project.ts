/** A project on disk for tests of the `aldis` command, which runs from its build as users run it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { root } from './repository.ts'

/** What a command left behind. */
export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** How to run a command. */
export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Lines that a person types; the command then believes in a terminal of 80 columns. */
  readonly answers?: readonly string[]
}

/** The file that `aldis` starts from. */
export const aldisMain = join(root, 'packages/cli/dist/main.js')
const aldisTerminal = fileURLToPath(new URL('cli-terminal.ts', import.meta.url))

export interface CliProject extends AsyncDisposable {
  readonly folder: string
  /** Run `aldis` as a script does: nothing is a terminal. */
  aldis(argv: readonly string[], options?: CliOptions): Promise<CliResult>
  /** Run `aldis` for a person in front of 80 columns. */
  screen(argv: readonly string[], options?: CliOptions): Promise<CliResult>
  read(path: string): Promise<string>
  write(path: string, text: string): Promise<void>
}

/** A folder inside the repository, so that what is in it finds `@aldis/core`, with `files` in it. */
export async function makeProject(files: Readonly<Record<string, string>>): Promise<CliProject> {
  const parent = join(root, 'test/.tmp')
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(join(parent, 'cli-'))
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  for (const [path, text] of Object.entries(files)) await write(path, text)
  return {
    folder,
    write,
    read: (path) => readFile(join(folder, path), 'utf8'),
    aldis: (argv, options) => runNode([aldisMain, ...argv], folder, options),
    screen: (argv, options = {}) =>
      runNode([aldisTerminal, ...argv], folder, {
        ...options,
        env: { ...options.env, TEST_ANSWERS: JSON.stringify(options.answers ?? []) },
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A plugin package that needs no build, as files for {@link makeProject}. */
export function pluginFiles(
  name: string,
  source: string,
  aldis: Readonly<Record<string, unknown>> = {},
): Record<string, string> {
  const folder = `plugins/${name.replaceAll('_', '-')}`
  const manifest = {
    name: `aldis-plugin-${name.replaceAll('_', '-')}`,
    version: '1.0.0',
    type: 'module',
    exports: './index.js',
    aldis: { plugin: name, ...aldis },
  }
  return { [`${folder}/package.json`]: JSON.stringify(manifest), [`${folder}/index.js`]: source }
}

/** The exit code of `child`, once it has ended. */
export function exitCode(child: ChildProcess): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>()
  child.once('close', resolve)
  return promise
}

/** Run Node with `argv` in `cwd` and wait for its end. */
export async function runNode(
  argv: readonly string[],
  cwd: string,
  options: CliOptions = {},
): Promise<CliResult> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [...argv], { cwd, env: { PATH, HOME, ...options.env } })
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
    })
  }
  const code = await exitCode(child)
  return { code, ...texts }
}
