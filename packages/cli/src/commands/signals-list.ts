import { sourceLocation, type Host, type SignalInfo } from '@aldis/core'
import { Command } from 'commander'

import { count, type Cli, type FormatOptions } from '../cli.ts'
import { withFormats } from '../format-options.ts'
import { nearestSignal, patternTest, sendersText } from '../signal-names.ts'
import type { Column } from '../table.ts'

interface Options extends FormatOptions {
  readonly namespace?: string
  readonly plugin?: string
  readonly unused?: boolean
  readonly undeclared?: boolean
  readonly deprecated?: boolean
}

/** A signal, with the declared one that it was probably meant to be. */
interface Row extends SignalInfo {
  readonly near: string | undefined
}

/** `aldis signals list`: every signal, and how many listen to it. */
export function signalsListCommand(cli: Cli): Command {
  return withFormats(new Command('list'))
    .argument('[pattern]', 'only these: a part of the name, or a pattern such as "ckan:user_*"')
    .option('--namespace <name>', 'only the signals of this namespace')
    .option('--plugin <name>', 'only signals that this plugin declares or listens to')
    .option('--unused', 'only signals that nobody listens to')
    .option('--undeclared', 'only signals that nobody declares')
    .option('--deprecated', 'only deprecated signals')
    .action(async (pattern: string | undefined, options: Options) => {
      const host = await cli.listing()
      const { signals } = host
      const rows = signals
        .filter((info) => isWanted(info, pattern, options))
        .toSorted((a, b) => (a.key < b.key ? -1 : 1))
        .map((info): Row => ({ ...info, near: info.declared ? undefined : nearestSignal(signals, info.key) }))
      cli.list(
        options,
        {
          kind: 'signals-list',
          columns,
          rows,
          document: { signals: rows.map((info) => documentOf(cli, info)) },
          summary: summaryOf(host, rows),
        },
        host,
      )
    })
}

function isWanted(info: SignalInfo, pattern: string | undefined, options: Options): boolean {
  const { namespace, plugin, unused, undeclared, deprecated } = options
  return (
    patternTest(pattern)(info.key) &&
    (namespace === undefined || info.signal.namespace === namespace) &&
    (plugin === undefined ||
      info.publisher === plugin ||
      info.receivers.some((each) => each.plugin === plugin)) &&
    (unused !== true || info.receivers.length === 0) &&
    (undeclared !== true || !info.declared) &&
    (deprecated !== true || info.deprecated !== undefined)
  )
}

/** What is to be said of a signal instead of what it is for. */
function noteOn({ deprecated, declared, near }: Row): string | undefined {
  if (deprecated !== undefined) return `deprecated: ${deprecated}`
  if (declared) return undefined
  return near === undefined ? 'undeclared' : `undeclared; did you mean ${near}?`
}

const columns: readonly Column<Row>[] = [
  { header: 'SIGNAL', value: ({ key }) => key },
  { header: 'PUBLISHER', value: ({ publisher }) => publisher ?? '-', dispensable: 2 },
  { header: 'SENDERS', value: (info) => sendersText(info), dispensable: 1 },
  { header: 'DELIVERY', value: ({ declared, delivery }) => (declared ? delivery : '-') },
  { header: 'SUBS', value: ({ receivers }) => String(receivers.length), align: 'right' },
  {
    header: 'DOC',
    value: (info) => noteOn(info) ?? info.doc ?? '-',
    flexible: 'end',
    wrap: (info) => noteOn(info) !== undefined,
    color: (info) => (noteOn(info) === undefined ? undefined : 'yellow'),
  },
]

function documentOf(cli: Cli, info: Row): object {
  const { key, declared, publisher, senders, delivery, alias, deprecated, doc, declaredAt, receivers } = info
  return {
    key,
    declared,
    publisher: publisher ?? null,
    senders: senders ?? null,
    delivery,
    alias: alias ?? null,
    deprecated: deprecated ?? null,
    doc: doc ?? null,
    declaredAt: declaredAt === undefined ? null : cli.path(sourceLocation(declaredAt)),
    subscribers: receivers.map(({ plugin, id }) => (plugin === undefined ? id : `${plugin}:${id}`)),
    suggestion: info.near ?? null,
  }
}

function summaryOf(host: Host, rows: readonly SignalInfo[]): string {
  if (rows.length === 0) return 'No signal is like that.'
  const deprecated = rows.filter((info) => info.deprecated !== undefined).length
  const undeclared = rows.filter((info) => !info.declared).length
  const notes = [
    ...(deprecated > 0 ? [`${deprecated} deprecated`] : []),
    ...(undeclared > 0 ? [`${undeclared} undeclared`] : []),
  ]
  const subscriptions = rows.reduce((sum, { receivers }) => sum + receivers.length, 0)
  const on = host.plugins.filter(({ state }) => state === 'on').length
  return (
    `${count(rows.length, 'signal')}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}, ` +
    `${count(subscriptions, 'subscription')}, ${count(on, 'plugin')} on`
  )
}
