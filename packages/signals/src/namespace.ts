import type { Emitter } from 'mitt'

import { callSite, differingField, type DeclareOptions } from './declaration.ts'
import { INLINE } from './entry.ts'
import { AliasTakenError, InvalidNameError, SignalRedeclaredError } from './errors.ts'
import { createWatchers, type NamespaceEvents } from './namespace-events.ts'
import type { EntryRuntime } from './runtime.ts'
import { SignalCore } from './signal-core.ts'
import type { AnySignal, Signal } from './signal.ts'

/** The signals of one owner, each a singleton under its name. */
export interface Namespace extends Iterable<AnySignal> {
  readonly name: string
  /** How many signals there are, declared or not. */
  readonly size: number
  /** Whether anyone has declared or asked for `name`. */
  has(name: string): boolean

  /**
   * Declare the signal `name` and return it. Only its owner does this.
   *
   * The same declaration again returns the same signal. Subscribers may have
   * asked for the signal before: it is that one.
   *
   * @throws SignalRedeclaredError when it is declared already, and differently
   * @throws AliasTakenError when the alias is another signal
   *
   * @example
   * ```ts
   * import { namespace, type Signal } from '@aldis/signals'
   *
   * export const orderPlaced: Signal<'web' | 'pos', { readonly id: string }> = namespace('shop').declare(
   *   'order_placed',
   *   { doc: 'An order row was written.', senders: ['web', 'pos'] },
   * )
   * ```
   */
  declare<const S = unknown, P = unknown>(name: string, options?: DeclareOptions<S, P>): Signal<S, P>

  /**
   * The one signal `name` (or of which `name` is the alias), declared or not.
   * The types are the caller's word: without its owner nothing checks them.
   */
  signal<S = unknown, P = unknown>(name: string): Signal<S, P>

  /** What happens to this namespace's signals, for tools that watch. Sends cost nothing more while nobody does. */
  readonly events: Pick<Emitter<NamespaceEvents>, 'on' | 'off'>
}

/** Make the one implementation of {@link Namespace}. */
export function createNamespace(name: string, runtime: () => EntryRuntime | undefined): Namespace {
  checkName('namespace', name)
  /** By name and by alias. */
  const cores = new Map<string, SignalCore>()
  const watchers = createWatchers(() => {
    for (const core of cores.values()) core.table.touch()
  })
  const home = { name, watchers, runtime }

  return {
    name,
    events: watchers.events,
    get size() {
      return [...this].length
    },
    [Symbol.iterator]() {
      return new Set(cores.values()).values()
    },
    has(signal) {
      return cores.has(signal)
    },

    signal(signal) {
      const core = cores.get(signal) ?? new SignalCore(checkName('signal', signal), home)
      cores.set(signal, core)
      return core
    },

    declare(signal, options = {}) {
      const { alias = signal } = options
      checkName('signal', signal)
      checkName('signal', alias)
      const declaration = { delivery: INLINE, ...options, declaredAt: callSite() }
      // A subscriber may have asked for it before, by its name or by its alias.
      const core = cores.get(signal) ?? cores.get(alias) ?? new SignalCore(signal, home)
      const first = core.declaration
      if ((cores.get(alias) ?? core) !== core || (first && core.name !== signal)) {
        throw new AliasTakenError(`${name}:${signal}`, alias)
      }
      if (first) {
        const field = differingField(first, declaration)
        if (field) throw new SignalRedeclaredError(core, field, first.declaredAt, declaration.declaredAt)
        return core
      }
      core.name = signal
      core.declaration = declaration
      cores.set(signal, core).set(alias, core)
      watchers.emit('declared', { signal: core })
      return core
    },
  }
}

function checkName(what: 'namespace' | 'signal', name: unknown): string {
  if (typeof name === 'string' && /^[^\s\p{Cc}:]+$/u.test(name)) return name
  throw new InvalidNameError(what, name)
}
