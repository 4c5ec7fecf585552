import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import {
  ControlSocketPathError,
  createHost,
  serveControlSocket,
  type ControlRunIo,
  type Host,
} from '@aldis/core'
import { Command } from 'commander'

import type { Cli } from '../cli.ts'
import { InterruptedError, UsageError } from '../command-errors.ts'
import { controlSocketOf } from '../host-command.ts'
import { guardProcess } from '../process-guard.ts'
import { runAldis } from '../run-aldis.ts'
import type { Terminal } from '../terminal.ts'
import { version } from '../version.ts'

/** `aldis run`: serve until SIGINT or SIGTERM, and let other commands run in this process. */
export function runCommand(cli: Cli): Command {
  return new Command('run')
    .addHelpText(
      'after',
      '\nSIGINT and SIGTERM stop it: what runs is finished, plugins are unloaded.\nThe second one ends it at once.',
    )
    .action(async () => {
      const interrupted = cli.terminal.interrupted()
      interrupted.addEventListener('abort', () => cli.say('Stopping. Interrupt again to end at once.'))
      await using host = await createHost(cli.source)
      await host.load()
      const started = Promise.withResolvers<void>()
      await using _socket = await openControlSocket(cli, host, started.promise)
      if (interrupted.aborted) throw new InterruptedError()
      using guard = guardProcess(host.logger)
      const stop = AbortSignal.any([interrupted, guard.crashed])
      await start(host, stop)
      guard.crashed.throwIfAborted()
      if (interrupted.aborted) throw new InterruptedError()
      started.resolve()
      await host.serve(stop, { onReady: (addresses) => cli.print(banner(cli, host, addresses)) })
      guard.crashed.throwIfAborted()
    })
}

/** Start `host`, unless `stop` is aborted meanwhile: a start that hangs is not waited for. */
async function start(host: Host, stop: AbortSignal): Promise<void> {
  const giveUp = (): void => void host.stop()
  stop.addEventListener('abort', giveUp)
  try {
    await host.start()
  } catch (error) {
    if (!stop.aborted) throw error
  } finally {
    stop.removeEventListener('abort', giveUp)
  }
}

async function openControlSocket(
  cli: Cli,
  host: Host,
  started: Promise<void>,
): Promise<AsyncDisposable | undefined> {
  const path = controlSocketOf(host.config)
  if (path === undefined) return undefined
  const run = async (argv: readonly string[], io: ControlRunIo): Promise<number> => {
    await started
    return runAldis(argv, terminalOf(io, host.config.root), host)
  }
  try {
    return await serveControlSocket({ path, run })
  } catch (error) {
    if (!(error instanceof ControlSocketPathError)) throw error
    cli.say(`warning: ${error.message} Until then, commands cannot run in this process.`)
    return undefined
  }
}

/** The terminal of a command that came through the control socket: nobody to ask, nothing to read. */
function terminalOf({ stdout, stderr, isTTY, columns, color, signal }: ControlRunIo, cwd: string): Terminal {
  const absent = async (): Promise<string> => {
    throw new UsageError('Nobody can be asked through the control socket.')
  }
  return {
    stdout,
    stderr,
    isTTY,
    columns,
    interactive: false,
    ask: absent,
    readStdin: absent,
    cwd,
    env: { ...process.env, ...(color ? { FORCE_COLOR: '1', NO_COLOR: '' } : { NO_COLOR: '1' }) },
    interrupted: () => signal,
  }
}

function banner(cli: Cli, host: Host, addresses: readonly string[]): string {
  const { path, root } = host.config
  const on = host.plugins.filter(({ state }) => state === 'on').map(({ name }) => name)
  const http = addresses.find((address) => address.startsWith('http'))
  const aldis = howToCall(cli, root)
  const next = [http === undefined ? `${aldis} doctor` : `curl -i ${http}`, `${aldis} signals list`]
  return [
    `aldis ${version()} serves ${path === undefined ? root : cli.path(path)}`,
    ...addresses.map((address) => `  at       ${address}`),
    `  plugins  ${on.length > 0 ? on.join(', ') : 'none'}`,
    '',
    'Try next, in another terminal:',
    ...next.map((command) => `  ${command}`),
    '',
  ].join('\n')
}

/** How `aldis` is called in the project at `root`: through its script, where it has one. */
function howToCall({ terminal: { env } }: Cli, root: string): string {
  const agent = env['npm_config_user_agent'] ?? ''
  const manifest = join(root, 'package.json')
  const scripts: unknown = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : undefined
  if (!JSON.stringify(scripts)?.includes('"aldis":')) return 'npx aldis'
  return agent.startsWith('pnpm') ? 'pnpm aldis' : 'npm run -s aldis --'
}
