import type { ReceiverInfo, SignalInfo } from '@aldis/core'
import { Command, Option } from 'commander'

import { warningsOf, type Cli } from '../cli.ts'
import { patternTest } from '../signal-names.ts'
import { printable } from '../table.ts'

interface Options {
  readonly format: 'mermaid' | 'json'
  readonly all?: boolean
  readonly signal?: string
}

/** `aldis signals graph`: plugins and signals as nodes, who publishes and who listens as edges. */
export function signalsGraphCommand(cli: Cli): Command {
  return new Command('graph')
    .addOption(new Option('--format <format>', 'how to draw').choices(['mermaid', 'json']).default('mermaid'))
    .option('--json', 'the same as --format json')
    .option('--signal <pattern>', 'only these signals')
    .option('--all', 'also signals that nobody listens to')
    .action(async (options: Options & { readonly json?: boolean }) => {
      const host = await cli.listing()
      const isWanted = patternTest(options.signal)
      const shown = host.signals
        .filter((info) => isWanted(info.key) && (options.all === true || info.receivers.length > 0))
        .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      if (options.json === true || options.format === 'json') {
        cli.document('signals-graph', { ...graphOf(shown), warnings: warningsOf(host) })
        return
      }
      cli.print(mermaid(shown))
      cli.warn(host)
    })
}

interface Graph {
  readonly nodes: readonly {
    readonly kind: 'plugin' | 'signal'
    readonly name: string
    readonly declared?: boolean
  }[]
  readonly edges: readonly {
    readonly kind: 'publishes' | 'receives'
    readonly plugin: string
    readonly signal: string
    readonly receiver?: string
    readonly sender?: string | null
    readonly delivery?: string
  }[]
}

/** The name under which receivers without a plugin are drawn. */
const OTHERS = '(application)'

function graphOf(signals: readonly SignalInfo[]): Graph {
  const plugins = new Set(
    signals.flatMap(({ publisher, receivers }) => [
      ...(publisher === undefined ? [] : [publisher]),
      ...receivers.map(({ plugin }) => plugin ?? OTHERS),
    ]),
  )
  return {
    nodes: [
      ...[...plugins].map((name) => ({ kind: 'plugin' as const, name })),
      ...signals.map(({ key, declared }) => ({ kind: 'signal' as const, name: key, declared })),
    ],
    edges: signals.flatMap(({ key, publisher, receivers }) => [
      ...(publisher === undefined ? [] : [{ kind: 'publishes' as const, plugin: publisher, signal: key }]),
      ...receivers.map(({ plugin, id, sender, delivery }) => ({
        kind: 'receives' as const,
        plugin: plugin ?? OTHERS,
        signal: key,
        receiver: id,
        sender: sender ?? null,
        delivery,
      })),
    ]),
  }
}

function mermaid(signals: readonly SignalInfo[]): string {
  const { nodes } = graphOf(signals)
  const ids = new Map(nodes.map(({ kind, name }, index) => [`${kind} ${name}`, `${kind[0]}${index}`]))
  const id = (kind: 'plugin' | 'signal', name: string): string => ids.get(`${kind} ${name}`) ?? ''
  const lines = ['flowchart LR']
  for (const { kind, name, declared } of nodes) {
    const label = kind === 'plugin' ? `[${quoted(name)}]` : `([${quoted(name)}])`
    lines.push(`  ${id(kind, name)}${label}${declared === false ? ':::undeclared' : ''}`)
  }
  for (const info of signals) {
    const to = id('signal', info.key)
    if (info.publisher !== undefined) lines.push(`  ${id('plugin', info.publisher)} --> ${to}`)
    for (const receiver of info.receivers) {
      lines.push(`  ${to} ${arrow(receiver)} ${id('plugin', receiver.plugin ?? OTHERS)}`)
    }
  }
  if (signals.some(({ declared }) => !declared)) lines.push('  classDef undeclared stroke-dasharray: 4')
  return `${lines.join('\n')}\n`
}

function arrow({ id, sender, delivery }: ReceiverInfo): string {
  const notes = [
    ...(sender === undefined ? [] : [`from ${sender}`]),
    ...(delivery === 'inline' ? [] : [delivery]),
  ]
  return `-->|${quoted(notes.length > 0 ? `${id} (${notes.join(', ')})` : id)}|`
}

/** Mermaid reads character references in quoted labels, and nothing else of them as its own. */
function quoted(text: string): string {
  return `"${printable(text).replace(/[#"<>&`]/g, (character) => `#${character.codePointAt(0)};`)}"`
}
