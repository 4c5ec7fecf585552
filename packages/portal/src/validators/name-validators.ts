import { Invalid, type Validator } from '../interfaces/ivalidators.ts'
import { isUuid } from './uuid.ts'
import { textOf } from './value-validators.ts'

const SHORTEST = 2
const LONGEST = 100
/** They stand in paths where a name does. */
const RESERVED: ReadonlySet<string> = new Set(['new', 'edit', 'search'])

/**
 * Takes what can stand in a path: 2 to 100 lower-case letters, digits, dashes and underscores. What looks like an id
 * is no name: it would stand for somebody else.
 */
export const nameValidator: Validator = (value) => {
  const name = textOf(value)
  if (RESERVED.has(name) || isUuid(name)) throw new Invalid('That name cannot be used')
  if (name.length < SHORTEST) throw new Invalid(`Must be at least ${SHORTEST} characters long`)
  if (name.length > LONGEST) throw new Invalid(`Name must be a maximum of ${LONGEST} characters long`)
  if (!/^[a-z0-9_-]+$/.test(name)) {
    throw new Invalid('Must be purely lowercase alphanumeric (ascii) characters and these symbols: -_')
  }
  return name
}
