import type { Command } from 'commander'

/** Give a listing the options that choose its form. */
export function withFormats(command: Command): Command {
  return command
    .option('--json', 'print one JSON document')
    .option('--plain', 'print values with tabs between them, nothing cut')
}
