/** `aldis run` in a process of its own, with the plugins of this repository's configuration. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'

import { aldisMain } from '../support/cli-project.ts'
import { root } from '../support/repository.ts'

const Config = z.looseObject({
  plugins: z.array(z.string()),
  settings: z.record(z.string(), z.record(z.string(), z.unknown())),
})

/** What of the configuration is another. */
export interface ProjectChanges {
  /** @defaultValue those of the repository's configuration */
  readonly plugins?: readonly string[]
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** A folder that `aldis run` runs in: what the portal keeps is kept there. */
export async function makePortalProject({ plugins, settings = {} }: ProjectChanges = {}): Promise<
  AsyncDisposable & { readonly folder: string }
> {
  const parent = join(root, 'test/.tmp')
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(join(parent, 'bench-'))
  const config = Config.parse(parse(await readFile(join(root, 'aldis.config.yaml'), 'utf8')))
  const names = plugins ?? config.plugins
  const all = Object.fromEntries(names.map((name) => [name, { ...config.settings[name], ...settings[name] }]))
  const written = { pluginPaths: [`${root}/packages/*`, `${root}/plugins/*`], plugins: names, settings: all }
  await writeFile(join(folder, 'aldis.config.yaml'), stringify(written))
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

export interface RunningServer extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  /** From the start of the process to the line that says where it listens. */
  readonly startMs: number
}

/** `aldis run` in `folder`, once it listens. */
export function runPortal(folder: string): Promise<RunningServer> {
  return runServer([aldisMain, 'run'], folder)
}

/** Node with `argv` in `folder`, once it prints a URL. Disposing it ends it in order. */
export async function runServer(argv: readonly string[], folder: string): Promise<RunningServer> {
  const { PATH = '', HOME = '' } = process.env
  const start = performance.now()
  const child = spawn(process.execPath, [...argv], {
    cwd: folder,
    env: { PATH, HOME, PORT: '0', HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const url = await urlOf(child)
  const startMs = performance.now() - start
  return {
    url,
    pid: child.pid ?? 0,
    startMs,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** The first URL that `child` prints. */
function urlOf(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let [said, complaints] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
    const url = /http:\/\/\S+(?=\s)/.exec(said)?.[0]
    if (url !== undefined) resolve(url)
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  child.once('exit', () => reject(new Error(`The server ended before it listened: ${said}${complaints}`)))
  return promise
}
