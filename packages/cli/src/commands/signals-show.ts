import { sourceLocation, type SignalInfo } from '@aldis/core'
import { Command } from 'commander'

import { warningsOf, type Cli } from '../cli.ts'
import { exampleOf, fieldsOf, payloadSchemaOf, type PayloadField } from '../payload-schema.ts'
import { located, receiverDocument, type LocatedReceiver } from '../receiver-columns.ts'
import { findSignal, nearestSignal, sendersText } from '../signal-names.ts'
import { printable, wrapText, type Column } from '../table.ts'

/** `aldis signals show`: all there is to know of one signal. */
export function signalsShowCommand(cli: Cli): Command {
  return new Command('show')
    .argument('<name>', 'such as ckan:user_created')
    .option('--json', 'print one JSON document')
    .action(async (name: string, options: { readonly json?: boolean }) => {
      const host = await cli.listing()
      const info = findSignal(host, name)
      const receivers = located(cli, info.receivers)
      const schema = payloadSchemaOf(info)
      const declaredAt = info.declaredAt === undefined ? undefined : cli.path(sourceLocation(info.declaredAt))
      if (options.json === true) {
        cli.document('signals-show', {
          signal: {
            key: info.key,
            declared: info.declared,
            publisher: info.publisher ?? null,
            doc: info.doc ?? null,
            senders: info.senders ?? null,
            delivery: info.delivery,
            alias: info.alias ?? null,
            deprecated: info.deprecated ?? null,
            declaredAt: declaredAt ?? null,
            payload: schema ?? null,
          },
          receivers: receivers.map(receiverDocument),
          warnings: warningsOf(host),
        })
        return
      }
      cli.print(head(cli, info, declaredAt, nearestSignal(host.signals, info.key)))
      if (info.declared) cli.print(payload(cli, info, schema))
      cli.print(receiverTable(cli, receivers))
      const data = schema === undefined ? '' : ` --data '${JSON.stringify(exampleOf(schema))}'`
      cli.say(`\nTry: aldis send ${info.key}${data} --dry-run`)
      cli.warn(host)
    })
}

function head(cli: Cli, info: SignalInfo, declaredAt: string | undefined, near: string | undefined): string {
  const width = cli.terminal.isTTY ? cli.terminal.columns - 2 : Infinity
  const lines = [info.key]
  const add = (text: string): void => {
    lines.push(...wrapText(printable(text), width).map((line) => `  ${line}`))
  }
  if (!info.declared) {
    add(`undeclared: only subscribers name it${near === undefined ? '' : `; did you mean ${near}?`}`)
    return `${lines.join('\n')}\n`
  }
  if (info.doc !== undefined) add(info.doc)
  if (info.deprecated !== undefined) add(`deprecated: ${info.deprecated}`)
  const facts = [
    `sender ${sendersText(info, Infinity)}`,
    `delivery ${info.delivery}`,
    `publisher ${info.publisher ?? 'unknown'}`,
    ...(info.alias === undefined ? [] : [`alias ${info.alias}`]),
  ]
  add(facts.join(' · '))
  if (declaredAt !== undefined) add(`declared in ${declaredAt}`)
  return `${lines.join('\n')}\n`
}

function payload(cli: Cli, info: SignalInfo, schema: object | undefined): string {
  const declared = info.signal.declaration?.payload
  const fields = fieldsOf(schema)
  let text: string
  if (declared === undefined) text = '  not declared with a schema\n'
  else if (schema === undefined)
    text = `  checked by ${declared['~standard'].vendor}, which does not show its schema\n`
  else if (fields.length === 0) text = '  nothing in it\n'
  else {
    const columns: Column<PayloadField>[] = [
      { header: 'FIELD', value: ({ path }) => path },
      { header: 'TYPE', value: ({ type }) => type, flexible: 'end', wrap: () => true },
      { header: 'NEEDED', value: ({ required }) => (required ? 'required' : 'optional') },
    ]
    text = cli.table(columns, fields, '  ')
  }
  return `\nPayload\n${text}`
}

function receiverTable(cli: Cli, receivers: readonly LocatedReceiver[]): string {
  if (receivers.length === 0) return '\nNobody listens.\n'
  const numbered = receivers.map((info, index) => ({ info, number: index + 1 }))
  const columns: Column<(typeof numbered)[number]>[] = [
    { header: '#', value: ({ number }) => String(number), align: 'right' },
    { header: 'PLUGIN', value: ({ info }) => info.plugin ?? '-' },
    { header: 'RECEIVER', value: ({ info }) => info.id },
    { header: 'SENDER', value: ({ info }) => info.sender ?? 'any' },
    { header: 'DELIVERY', value: ({ info }) => info.delivery },
    { header: 'PRIO', value: ({ info }) => String(info.priority), align: 'right' },
    { header: 'AT', value: ({ info }) => info.at ?? '-', below: true },
  ]
  return `\nReceivers, in call order\n${cli.table(columns, numbered, '  ')}`
}
