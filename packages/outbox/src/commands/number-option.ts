import type { CommandArguments } from '@aldis/core'

import { OutboxUsageError } from './command-errors.ts'

/** The option `name`, a whole number from `least` to `most`. */
export function wholeNumber(
  { options }: CommandArguments,
  name: string,
  least: number,
  most: number,
): number {
  const given = options[name]
  if (typeof given !== 'number' || !Number.isInteger(given) || given < least || given > most) {
    throw new OutboxUsageError(`--${name} is a whole number from ${least} to ${most}.`)
  }
  return given
}
