import { textTable, type TextRow, type Command } from '@aldis/core'

import type { Outbox, OutboxStats, ReceiverStats } from '../outbox.ts'
import { jsonDocument, jsonOption, statsFields } from './json-document.ts'
import { receiverName } from './receiver-option.ts'
import { counted, span } from './wording.ts'

const COLUMNS = [
  { header: 'RECEIVER', wraps: true },
  { header: 'STATUS' },
  { header: 'WAITING', number: true },
  { header: 'RETRYING', number: true },
  { header: 'RUNNING', number: true },
  { header: 'PARKED', number: true },
  { header: 'LAG', number: true },
]

/** `aldis outbox stats` */
export function outboxStats(outbox: () => Outbox): Command {
  return {
    name: 'outbox stats',
    description: 'Show what waits, runs and is parked, by receiver, and how late it is',
    options: [jsonOption],
    needs: 'start',
    async run({ options }, { stdout, stderr, isTTY, columns }) {
      const stats = await outbox().stats()
      if (options['json'] === true) {
        stdout(jsonDocument('outbox-stats', statsFields(stats)))
        return
      }
      const { receivers } = stats
      if (receivers.length > 0) stdout(textTable(COLUMNS, receivers.map(rowOf), isTTY ? columns : undefined))
      stderr(`\n${summary(stats)}\n`)
    },
  }
}

function rowOf(receiver: ReceiverStats): TextRow {
  const { status, waiting, retrying, running, parked, lagSeconds, quarantine } = receiver
  return {
    cells: [
      receiverName(receiver),
      status,
      ...[waiting, retrying, running, parked].map(String),
      waiting === 0 ? '-' : span(lagSeconds),
    ],
    below:
      quarantine &&
      `since ${quarantine.since.toISOString()}, after ${counted(quarantine.failures, 'failure')}: ${quarantine.reason}`,
  }
}

function summary({ receivers, waiting, running, parked }: OutboxStats): string {
  const hints = [
    parked > 0 && '"aldis outbox list --state parked" tells why jobs are parked.',
    receivers.some(({ status }) => status === 'quarantined') &&
      '"aldis outbox resume" lets quarantined receivers go on.',
  ].filter((hint) => hint !== false)
  const counts = `${counted(receivers.length, 'durable receiver')}: ${waiting} waiting, ${running} running, ${parked} parked.`
  return [counts, ...hints].join('\n')
}
