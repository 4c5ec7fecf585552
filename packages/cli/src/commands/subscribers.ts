import { Command } from 'commander'

import { count, type Cli, type FormatOptions } from '../cli.ts'
import { withFormats } from '../format-options.ts'
import { located, receiverDocument, type LocatedReceiver } from '../receiver-columns.ts'
import { patternTest } from '../signal-names.ts'
import type { Column } from '../table.ts'

interface Options extends FormatOptions {
  readonly signal?: string
  readonly plugin?: string
  readonly sender?: string
  readonly delivery?: string
}

const columns: readonly Column<LocatedReceiver>[] = [
  { header: 'SIGNAL', value: ({ signal }) => signal },
  { header: 'RECEIVER', value: ({ label }) => label },
  {
    header: 'SENDER',
    value: ({ sender, senderUnreachable }) => `${sender ?? 'any'}${senderUnreachable ? ' (never sent)' : ''}`,
    color: ({ senderUnreachable }) => (senderUnreachable ? 'yellow' : undefined),
  },
  { header: 'DELIVERY', value: ({ delivery }) => delivery },
  { header: 'PRIO', value: ({ priority }) => String(priority), align: 'right' },
  { header: 'AT', value: ({ at }) => at ?? '-', below: true },
]

/** `aldis subscribers`: every subscription, with where its receiver is written. */
export function subscribersCommand(cli: Cli): Command {
  return withFormats(new Command('subscribers'))
    .option('--signal <pattern>', 'only subscriptions of these signals')
    .option('--plugin <name>', "only this plugin's")
    .option('--sender <sender>', 'only those that a send by this sender reaches')
    .option('--delivery <name>', 'only those with this delivery')
    .action(async (options: Options) => {
      const host = await cli.listing()
      const isWanted = patternTest(options.signal)
      const receivers = host.signals
        .toSorted((a, b) => (a.key < b.key ? -1 : 1))
        .flatMap((info) => info.receivers)
        .filter(
          ({ signal, plugin, sender, delivery }) =>
            isWanted(signal) &&
            (options.plugin === undefined || plugin === options.plugin) &&
            (options.sender === undefined || sender === undefined || sender === options.sender) &&
            (options.delivery === undefined || delivery === options.delivery),
        )
      const rows = located(cli, receivers)
      const plugins = new Set(rows.map(({ plugin }) => plugin)).size
      cli.list(
        options,
        {
          kind: 'subscribers',
          columns,
          rows,
          document: { subscribers: rows.map(receiverDocument) },
          summary:
            rows.length === 0
              ? 'No subscription is like that.'
              : `${count(rows.length, 'subscription')} of ${count(plugins, 'plugin')}`,
        },
        host,
      )
    })
}
