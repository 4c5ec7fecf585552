import { Command } from 'commander'

import { count, type Cli, type FormatOptions } from '../cli.ts'
import { configRows, shownValue, type ConfigRow } from '../config-values.ts'
import { withFormats } from '../format-options.ts'
import type { Column } from '../table.ts'

interface Options extends FormatOptions {
  readonly origin?: boolean
}

/** `aldis config print`: every value there is, without the secret ones. */
export function configPrintCommand(cli: Cli): Command {
  return withFormats(new Command('print'))
    .option('--origin', 'say where each value comes from')
    .action(async (options: Options) => {
      const host = await cli.listing()
      const rows = configRows(host)
      const columns: Column<ConfigRow>[] = [
        { header: 'KEY', value: ({ key }) => key },
        { header: 'VALUE', value: shownValue, flexible: 'end', wrap: () => true },
        ...(options.origin === true ? [{ header: 'ORIGIN', value: ({ origin }: ConfigRow) => origin }] : []),
      ]
      const { path } = host.config
      cli.list(
        options,
        {
          kind: 'config-print',
          columns,
          rows,
          document: {
            file: path === undefined ? null : cli.path(path),
            values: rows.map(({ key, value, secret, origin }) => ({
              key,
              value: secret ? null : value,
              secret,
              origin,
            })),
          },
          summary: `${count(rows.length, 'value')}${path === undefined ? '' : ` of ${cli.path(path)}`}`,
        },
        host,
      )
    })
}
