import { CORE_VERSION } from './core-version.ts'

/** One installed copy of this package that the process has loaded. */
export interface CoreCopy {
  readonly version: string
  readonly url: string
}

const KEY = Symbol.for('aldis.core')
const isCopies = (value: unknown): value is CoreCopy[] => Array.isArray(value)

function register(): CoreCopy[] {
  const known: unknown = Reflect.get(globalThis, KEY)
  const copies = isCopies(known) ? known : []
  if (!isCopies(known)) Object.defineProperty(globalThis, KEY, { value: copies })
  copies.push({ version: CORE_VERSION, url: import.meta.url })
  return copies
}

const copies = register()

/**
 * The copies of this package in the process, first loaded first. More than one
 * means that plugins were written against another core than the host's: install one.
 */
export function coreCopies(): readonly CoreCopy[] {
  return copies
}
