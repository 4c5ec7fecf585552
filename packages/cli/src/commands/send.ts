import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

import { messageOf, type CommandArguments, type CommandContext, type SignalInfo } from '@aldis/core'
import { Command } from 'commander'

import type { Cli } from '../cli.ts'
import { PayloadError, UsageError } from '../command-errors.ts'
import { ExitCode } from '../exit-code.ts'
import { runHostCommand } from '../host-command.ts'
import {
  dryRunOf,
  receiversFor,
  reportText,
  sendAndReport,
  documentOf,
  type SendReport,
} from '../send-report.ts'
import { findSignal } from '../signal-names.ts'

interface Options {
  readonly sender?: string
  readonly data?: string
  readonly robust?: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** `aldis send`: send a signal by hand, in the running host where there is one. */
export function sendCommand(cli: Cli): Command {
  return new Command('send')
    .argument('<name>', 'the signal, such as ckan:user_created')
    .option('--sender <sender>', 'who sends; numbers, true, false, null and "quoted" text are read as JSON')
    .option('--data <json>', 'the payload: JSON, @file, or - for stdin')
    .option('--robust', 'call every receiver, whatever the others throw')
    .option('--dry-run', 'check the payload and say who would be called')
    .option('--json', 'print one JSON document')
    .action(async (name: string, options: Options) => {
      const data = await readData(cli, options.data)
      parseData(data)
      const { sender, robust = false, dryRun = false, json = false } = options
      const args: CommandArguments = {
        arguments: { name },
        options: { sender, data, robust, 'dry-run': dryRun, json },
      }
      const argv = [
        'send',
        ...(sender === undefined ? [] : [`--sender=${sender}`]),
        ...(data === undefined ? [] : [`--data=${data}`]),
        ...(robust ? ['--robust'] : []),
        ...(json ? ['--json'] : []),
        '--',
        name,
      ]
      await runHostCommand(cli, {
        needs: dryRun ? 'load' : 'start',
        argv,
        args,
        find: () => ({ run: (given, context) => send(cli, given, context) }),
      })
    })
}

async function send(cli: Cli, args: CommandArguments, { host, signal }: CommandContext): Promise<number> {
  const { sender: text, data, robust, 'dry-run': dryRun, json } = args.options
  const info = findSignal(host, args.arguments['name'] ?? '')
  const sender = parseSender(typeof text === 'string' ? text : undefined, info)
  const payload = await checkedPayload(info, parseData(typeof data === 'string' ? data : undefined))
  const receivers = receiversFor(info, sender)
  const options = { robust: robust === true, signal }
  const result: SendReport =
    dryRun === true ? dryRunOf(receivers) : await sendAndReport(info, receivers, sender, payload, options)
  if (json === true) {
    cli.document('send', {
      signal: info.key,
      sender: text ?? null,
      dryRun: dryRun === true,
      ...documentOf(result),
    })
  } else {
    const { payload: schema } = info.signal.declaration ?? {}
    cli.say(`${info.key}: the payload ${schema === undefined ? 'has no schema to fit' : 'fits'}.`)
    cli.print(reportText(cli, result))
  }
  const failed = result.error !== undefined || result.outcomes.some(({ status }) => status === 'rejected')
  return failed || cli.receiverFailures.length > 0 ? ExitCode.failed : ExitCode.ok
}

async function readData(cli: Cli, data: string | undefined): Promise<string | undefined> {
  if (data === '-') return cli.terminal.readStdin()
  if (data?.startsWith('@') !== true) return data
  try {
    return await readFile(resolve(cli.cwd, data.slice(1)), 'utf8')
  } catch (error) {
    throw new UsageError(`--data ${data} cannot be read: ${messageOf(error)}`)
  }
}

function parseData(data: string | undefined): unknown {
  if (data === undefined) return {}
  try {
    const value: unknown = JSON.parse(data)
    return value
  } catch (error) {
    throw new UsageError(`--data is not JSON: ${messageOf(error)}`)
  }
}

/** A declared sender by its name; else JSON where the text is a JSON value other than an object or array. */
function parseSender(text: string | undefined, { signal, senders }: SignalInfo): unknown {
  if (text === undefined) return undefined
  const declared = senders?.indexOf(text) ?? -1
  if (declared !== -1) return signal.declaration?.senders?.[declared]
  if (!/^(?:-?\d|"|true$|false$|null$)/.test(text)) return text
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return text
  }
}

async function checkedPayload({ key, signal }: SignalInfo, payload: unknown): Promise<unknown> {
  const schema = signal.declaration?.payload
  if (schema === undefined) return payload
  const result = await schema['~standard'].validate(payload)
  if (result.issues === undefined) return result.value
  throw new PayloadError(
    key,
    result.issues.map(({ path = [], message }) => {
      const keys = path.map((part) => String(typeof part === 'object' ? part.key : part))
      return keys.length > 0 ? `${keys.join('.')}: ${message}` : message
    }),
  )
}
