import type { Emitter } from 'mitt'

import { callSite, differingField, type DeclareOptions } from './declaration.ts'
import { INLINE } from './entry.ts'
import { AliasTakenError, InvalidNameError, SignalRedeclaredError } from './errors.ts'
import { createWatchers, type NamespaceEvents } from './namespace-events.ts'
import type { SharedRuntime } from './runtime.ts'
import { SignalCore, type SignalHome } from './signal-core.ts'
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

/** The one implementation of {@link Namespace}. */
export class NamespaceCore implements Namespace, SignalHome {
  readonly name: string
  readonly shared: SharedRuntime
  readonly events = createWatchers(() => {
    for (const { table } of this) table.touch()
  })
  /** By name and by alias. */
  readonly #cores = new Map<string, SignalCore>()

  constructor(name: string, shared: SharedRuntime) {
    this.name = checkName('namespace', name)
    this.shared = shared
  }

  get size(): number {
    return [...this].length
  }

  [Symbol.iterator](): Iterator<SignalCore> {
    return new Set(this.#cores.values()).values()
  }

  has(name: string): boolean {
    return this.#cores.has(name)
  }

  signal<S = unknown, P = unknown>(name: string): Signal<S, P> {
    const core = this.#cores.get(name) ?? new SignalCore(checkName('signal', name), this)
    this.#cores.set(name, core)
    return core
  }

  declare<const S = unknown, P = unknown>(name: string, options: DeclareOptions<S, P> = {}): Signal<S, P> {
    const { alias = name } = options
    checkName('signal', name)
    checkName('signal', alias)
    const declaration = { delivery: INLINE, ...options, declaredAt: callSite() }
    // A subscriber may have asked for it before, by its name or by its alias.
    const aliased = this.#cores.get(alias)
    const core = this.#cores.get(name) ?? aliased ?? new SignalCore(name, this)
    const first = core.declaration
    if ((aliased && aliased !== core) || (first && core.name !== name)) {
      throw new AliasTakenError(`${this.name}:${name}`, alias)
    }
    if (first) {
      const field = differingField(first, declaration)
      if (field) throw new SignalRedeclaredError(core, field, first.declaredAt, declaration.declaredAt)
      return core
    }
    core.name = name
    core.declaration = declaration
    this.#cores.set(name, core).set(alias, core)
    this.events.emit('declared', { signal: core })
    return core
  }
}

function checkName(what: 'namespace' | 'signal', name: unknown): string {
  if (typeof name === 'string' && /^[^\s\p{Cc}:]+$/u.test(name)) return name
  throw new InvalidNameError(what, name)
}
