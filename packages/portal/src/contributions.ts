import { AldisError } from '@aldis/core'

import { isChained, wrapAround, type Contribution } from './chained.ts'

/** A plugin wraps something that nobody has. */
export class NothingToChainError extends AldisError {
  readonly code = 'PORTAL_NOTHING_TO_CHAIN'
  readonly plugin: string

  constructor(plugin: string, kind: string, name: string) {
    super(
      `The plugin "${plugin}" wraps the ${kind} "${name}", and neither the portal nor a plugin after it has one. ` +
        'Enable the plugin that has it, later in "plugins" than this one.',
    )
    this.plugin = plugin
  }
}

/** What one plugin, or the portal itself, contributes. */
export interface Source<T extends object> {
  readonly plugin: string
  readonly entries: Readonly<Record<string, Contribution<T>>>
}

/** What stands under a name when all have contributed. */
export interface Effective<T> {
  readonly value: T
  /** Whose it is, outermost first; the last gave what the others wrap. */
  readonly providers: readonly string[]
}

/**
 * What stands under each name. `sources` come in order of precedence, the portal's own last: an earlier one
 * wins, and one that wraps is outside of what comes later. This is the one rule, for actions, authorization, validators and helpers.
 *
 * @throws NothingToChainError when a plugin wraps what nobody has
 */
export function effective<T extends object>(
  kind: string,
  sources: readonly Source<T>[],
): ReadonlyMap<string, Effective<T>> {
  const found = new Map<string, Effective<T>>()
  for (const { plugin, entries } of sources.toReversed()) {
    for (const [name, entry] of Object.entries(entries)) {
      if (!isChained(entry)) {
        found.set(name, { value: entry, providers: [plugin] })
        continue
      }
      const inner = found.get(name)
      if (inner === undefined) throw new NothingToChainError(plugin, kind, name)
      found.set(name, { value: wrapAround(entry, inner.value), providers: [plugin, ...inner.providers] })
    }
  }
  return found
}
