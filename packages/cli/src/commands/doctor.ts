import { Command } from 'commander'

import { count, type Cli } from '../cli.ts'
import { diagnose, type Finding } from '../diagnosis.ts'
import { ExitCode } from '../exit-code.ts'
import type { Column } from '../table.ts'

const columns: readonly Column<Finding>[] = [
  {
    header: 'RESULT',
    value: ({ level }) => (level === 'error' ? 'FAIL' : level),
    color: ({ level }) => ({ ok: 'green', warn: 'yellow', error: 'red' } as const)[level],
  },
  { header: 'CHECK', value: ({ code }) => code },
  { header: 'FINDING', value: ({ message }) => message, flexible: 'end', wrap: () => true },
]

/** `aldis doctor`: everything that can be found wrong without running anything. */
export function doctorCommand(cli: Cli): Command {
  return new Command('doctor')
    .option('--strict', 'warnings count as problems')
    .option('--json', 'print one JSON document')
    .action(async (options: { readonly strict?: boolean; readonly json?: boolean }) => {
      const findings = await diagnose(cli)
      const errors = findings.filter(({ level }) => level === 'error').length
      const warnings = findings.filter(({ level }) => level === 'warn').length
      if (options.json === true) cli.document('doctor', { errors, warnings, findings })
      else {
        cli.print(cli.table(columns, findings))
        cli.say(`\n${count(errors, 'error')}, ${count(warnings, 'warning')}`)
      }
      if (errors > 0 || (options.strict === true && warnings > 0)) cli.exitCode = ExitCode.problemsFound
    })
}
