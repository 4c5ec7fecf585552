import { suggest, type Host, type SignalInfo } from '@aldis/core'

import { NotFoundError } from './command-errors.ts'

/**
 * The signal that `name` means: `namespace:name`, an alias, or the name alone where only one has it.
 *
 * @throws NotFoundError when there is none, with the nearest
 */
export function findSignal({ signals }: Host, name: string): SignalInfo {
  const exact = signals.find(
    ({ key, alias, signal }) => key === name || `${signal.namespace}:${alias}` === name,
  )
  if (exact) return exact
  const named = signals.filter(({ signal, alias }) => signal.name === name || alias === name)
  const [only] = named
  if (only && named.length === 1) return only
  if (only) {
    throw new NotFoundError(
      `There are ${named.length} signals "${name}": ${named.map(({ key }) => key).join(', ')}.`,
    )
  }
  const near = nearestSignal(signals, name)
  throw new NotFoundError(
    `There is no signal "${name}".${near === undefined ? ' aldis signals list shows what there is.' : ` Did you mean ${near}?`}`,
  )
}

/** The declared signal that `key` was probably meant to be. */
export function nearestSignal(signals: readonly SignalInfo[], key: string): string | undefined {
  const [namespace, name] = key.includes(':') ? key.split(':', 2) : [undefined, key]
  const declared = signals.filter((info) => info.declared && info.key !== key)
  const near = suggest(
    name ?? key,
    declared.map(({ signal }) => signal.name),
  )
  if (near === undefined) return undefined
  const candidates = declared.filter(({ signal }) => signal.name === near)
  return (candidates.find(({ signal }) => signal.namespace === namespace) ?? candidates[0])?.key
}

/** A test for `pattern`: `*` and `?` as in file names, or a part of the name. */
export function patternTest(pattern: string | undefined): (text: string) => boolean {
  if (pattern === undefined) return () => true
  if (!/[*?]/.test(pattern)) return (text) => text.includes(pattern)
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const expression = new RegExp(`^${source}$`)
  return (text) => expression.test(text)
}

/** The declared senders in few words. */
export function sendersText({ declared, senders }: SignalInfo, most = 2): string {
  if (senders === undefined) return declared ? 'any' : '?'
  if (senders.length === 0) return 'none'
  if (senders.length <= most) return senders.join('|')
  return `${senders.slice(0, most).join('|')}|+${senders.length - most}`
}
