/**
 * `aldis worker` in a process of its own, from source. Called with the settings of the plugins as JSON.
 *
 * Prints lines of JSON: when it delivers, for each call of a receiver, and when its signal is aborted. A receiver of a
 * label that starts with `hold` waits until a line on the standard input tells how it ends. SIGTERM ends the process.
 * With `upgrade` as second argument it brings the database up to date instead, prints what it applied, and ends.
 */
import { createInterface } from 'node:readline'

import { createHost, silentLogger, type CommandContext } from '@aldis/core'
import ModelsPlugin from '@aldis/models'
import OutboxPlugin from '@aldis/outbox'
import { z } from 'zod'

import { workerShop } from './outbox-worker-shop.ts'

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const held = new Map<string, (fails: boolean) => void>()
const End = z.object({ receiver: z.string(), label: z.string(), fails: z.boolean() })
createInterface({ input: process.stdin }).on('line', (line) => {
  const { receiver, label, fails } = End.parse(JSON.parse(line))
  held.get(`${receiver} ${label}`)?.(fails)
})

const shop = workerShop(async (receiver, label, meta) => {
  const { id: event, attempt } = meta?.event ?? {}
  tell({ kind: 'called', receiver, label, event, attempt })
  if (!label.startsWith('hold')) return
  meta?.signal.addEventListener('abort', () => tell({ kind: 'aborted', receiver, label }))
  const fails = await new Promise<boolean>((resolve) => held.set(`${receiver} ${label}`, resolve))
  tell({ kind: 'ended', receiver, label })
  if (fails) throw new Error(`the receiver in the process ${process.pid} failed`)
})

const settings = z
  .record(z.string(), z.record(z.string(), z.unknown()))
  .parse(JSON.parse(process.argv[2] ?? '{}'))
const host = await createHost({
  config: { plugins: ['models', 'outbox', 'shop'], settings },
  plugins: [
    { name: 'models', plugin: ModelsPlugin },
    { name: 'outbox', plugin: OutboxPlugin, requires: { models: '*' } },
    { name: 'shop', plugin: shop },
  ],
  logger: silentLogger,
})
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
let applied = ''
const context: CommandContext = {
  host,
  stdout: (text) => (applied += text),
  stderr: () => tell({ kind: 'delivers' }),
  isTTY: false,
  columns: 80,
  color: false,
  signal: stop.signal,
}
const name = process.argv[3] === 'upgrade' ? 'db upgrade' : 'worker'
await host.load()
await host.start()
await host.commands.find((command) => command.name === name)?.run({ arguments: {}, options: {} }, context)
await host.stop()
if (name === 'db upgrade') tell({ kind: 'applied', applied })
process.stdin.destroy()
