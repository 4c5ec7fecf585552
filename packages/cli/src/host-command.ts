import { basename, extname, join } from 'node:path'

import {
  createHost,
  messageOf,
  runThroughControlSocket,
  silentLogger,
  type Command as HostCommand,
  type CommandArguments,
  type CommandContext,
  type Configuration,
  type Host,
} from '@aldis/core'

import type { Cli } from './cli.ts'
import { InterruptedError } from './command-errors.ts'

/** A command as data, and how it was called. */
export interface HostCommandCall {
  readonly needs: HostCommand['needs']
  /** What to run in the process that holds the database, for the same effect. */
  readonly argv: readonly string[]
  readonly args: CommandArguments
  /** The command in `host`; a command belongs to the plugin that gave it, and so to one host. */
  readonly find: (host: Host) => Pick<HostCommand, 'run'>
}

/**
 * Where the host of `config` serves its control socket: named for the file, so that two
 * configurations in one folder are two hosts. `aldis.config.yaml` has `var/aldis.sock`.
 */
export function controlSocketOf({ path, root }: Configuration): string | undefined {
  if (path === undefined) return undefined
  const name = basename(path, extname(path)).replace(/\.config$/, '')
  return join(root, 'var', `${name}.sock`)
}

/**
 * Run a command where it can run: in the running host when it needs one that has started and there is
 * one, else in a host of its own. Output and exit code are the same.
 */
export async function runHostCommand(cli: Cli, call: HostCommandCall): Promise<void> {
  const signal = cli.terminal.interrupted()
  try {
    cli.exitCode = (await runSomewhere(cli, call, signal)) ?? 0
  } catch (error) {
    if (signal.aborted) throw new InterruptedError()
    throw error
  }
  // A command that keeps a process going ends by being interrupted.
  if (signal.aborted && call.needs !== 'process') throw new InterruptedError()
}

async function runSomewhere(cli: Cli, call: HostCommandCall, signal: AbortSignal): Promise<number | void> {
  if (cli.held) return runIn(cli, cli.held, call, signal)
  if (call.needs === 'load') {
    return runIn(cli, await cli.listing(), call, signal)
  }
  await cli.release()
  await using host = await createHost({
    ...cli.source,
    ...(cli.globals.debug !== true && call.needs !== 'process' && { logger: silentLogger }),
    onReceiverError: ({ signal: sent, plugin, subscription, error }) => {
      const receiver = plugin === undefined ? subscription : `${plugin}:${subscription}`
      cli.terminal.stderr(`error: ${receiver} failed on ${String(sent)}: ${messageOf(error)}\n`)
      cli.receiverFailures.push({ receiver, error })
    },
  })
  const path = controlSocketOf(host.config)
  if (path !== undefined && call.needs !== 'process') {
    const { stdout, stderr, isTTY, columns } = cli.terminal
    const io = { stdout, stderr, isTTY, columns, color: cli.color }
    const code = await runThroughControlSocket({ path, argv: call.argv, io, signal })
    if (code !== undefined) return code
  }
  await host.load()
  await host.start()
  return await runIn(cli, host, call, signal)
}

async function runIn(
  cli: Cli,
  host: Host,
  call: HostCommandCall,
  signal: AbortSignal,
): Promise<number | void> {
  const { stdout, stderr, isTTY, columns, interactive } = cli.terminal
  const ask: CommandContext['ask'] = (question, options) => cli.ask(question, options)
  const color = cli.color
  const person = interactive && isTTY && { ask }
  const context = { host, stdout, stderr, isTTY, columns, color, signal, ...person }
  return await call.find(host).run(call.args, context)
}
