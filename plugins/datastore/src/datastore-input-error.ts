import { AldisError } from '@aldis/core'

/** What is wrong with an input: for each field of the action, one sentence or more. */
export type InputProblems = Readonly<Record<string, readonly string[]>>

/** Somebody asked the datastore for what it cannot do; nothing was changed, provided that the transaction is rolled back. */
export class DatastoreInputError extends AldisError {
  readonly code = 'DATASTORE_INPUT'
  /** Keyed by the field of the action that is wrong, such as `filters` or `records`. */
  readonly problems: InputProblems

  constructor(problems: InputProblems, options?: ErrorOptions) {
    super(
      Object.entries(problems)
        .map(([field, messages]) => `${field}: ${messages.join(' ')}`)
        .join('\n'),
      options,
    )
    this.problems = problems
  }
}

/** Names as messages have them: `"a", "b"`. */
export const quotedNames = (names: Iterable<string>): string =>
  Array.from(names, (name) => `"${name}"`).join(', ')

/** Throw when `names` has one that is not in `known`; the problem is that of the action's `field`, and of its `row` if there is that. */
export function refuseUnknownFields(
  field: string,
  names: Iterable<string>,
  known: Iterable<string>,
  row?: number,
): void {
  const unknown = new Set(names).difference(new Set(known))
  if (unknown.size === 0) return
  const where = row === undefined ? '' : `row ${row}: `
  throw new DatastoreInputError({ [field]: [`${where}${fieldsThat(unknown, 'does not', 'do not')} exist`] })
}

/** `names` and their verb: `field "a" is`, `fields "a", "b" are`. */
export function fieldsThat(names: Iterable<string>, one: string, several: string): string {
  const all = [...names]
  return all.length === 1 ? `field ${quotedNames(all)} ${one}` : `fields ${quotedNames(all)} ${several}`
}
