import { textTable, type TextRow, type Command } from '@aldis/core'

import type { Outbox, ShardStats } from '../outbox.ts'
import { jsonDocument, jsonOption } from './json-document.ts'
import { wholeNumber } from './number-option.ts'
import { receiverName, receiverOf, refuseUnknown, textOption } from './receiver-option.ts'
import { counted, span } from './wording.ts'

const MOST = 1000
const COLUMNS = [
  { header: 'SHARD', flexible: true },
  { header: 'STATUS' },
  { header: 'WAITING', number: true },
  { header: 'LAG', number: true },
  { header: 'RECEIVER', wraps: true },
]

/** `aldis outbox shards` */
export function outboxShards(outbox: () => Outbox): Command {
  return {
    name: 'outbox shards',
    description: 'Show the deepest shards of receivers that have shards, and what holds them back',
    options: [
      { name: 'receiver', description: 'only those of a plugin, or of plugin:subscription', type: 'string' },
      { name: 'limit', description: `how many at most, up to ${MOST}`, type: 'number', default: 10 },
      jsonOption,
    ],
    needs: 'start',
    async run(args, { stdout, stderr, isTTY, columns }) {
      const name = textOption(args, 'receiver')
      const limit = wholeNumber(args, 'limit', 1, MOST)
      const found = await outbox().shards(name === undefined ? {} : receiverOf(name), limit + 1)
      const shards = found.slice(0, limit)
      const more = found.length > limit
      if (shards.length === 0) await refuseUnknown(outbox(), name)
      if (args.options['json'] === true) {
        stdout(jsonDocument('outbox-shards', { shards: shards.map(shardFields), more }))
        return
      }
      if (shards.length > 0) stdout(textTable(COLUMNS, shards.map(rowOf), isTTY ? columns : undefined))
      stderr(`\n${summary(shards, more)}\n`)
    },
  }
}

function rowOf(stats: ShardStats): TextRow {
  const { shard, status, waiting, lagSeconds, retryAt, error } = stats
  const below = [retryAt && `until ${retryAt.toISOString()}`, error].filter((part) => part !== undefined)
  return {
    cells: [shard, status, String(waiting), span(lagSeconds), receiverName(stats)],
    below: below.length === 0 ? undefined : below.join(': '),
  }
}

function shardFields({ plugin, subscription, shard, status, waiting, ...stats }: ShardStats): object {
  const { retryAt = null, lagSeconds, error = null } = stats
  return { plugin, subscription, shard, status, waiting, retryAt, lagSeconds, error }
}

function summary(shards: readonly ShardStats[], more: boolean): string {
  if (shards.length === 0) return 'No shard has jobs that wait.'
  const held = shards.some(({ status }) => status === 'held')
  const hint = held ? '\n"aldis outbox list --state parked" tells which jobs hold shards back.' : ''
  const rest = more ? ' There are more: --limit shows them.' : ''
  return `${counted(shards.length, 'shard')}, deepest first.${rest}${hint}`
}
