import type { Emitter } from 'mitt'

import { INLINE } from './bucket.ts'
import { callSite, differingField, type Declaration, type DeclareOptions } from './declaration.ts'
import { AliasTakenError, InvalidNameError, SignalRedeclaredError } from './errors.ts'
import { Watchers, type NamespaceEvents } from './namespace-events.ts'
import type { EntryRuntime } from './runtime.ts'
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
  readonly watchers = new Watchers(() => {
    for (const signal of this.#cores.values()) signal.refresh()
  })
  readonly runtime: () => EntryRuntime | undefined
  /** By name and by alias. */
  readonly #cores = new Map<string, SignalCore>()

  constructor(name: string, runtime: () => EntryRuntime | undefined) {
    this.name = checkName('namespace', name)
    this.runtime = runtime
  }

  get size(): number {
    return new Set(this.#cores.values()).size
  }

  get events(): Emitter<NamespaceEvents> {
    return this.watchers.events
  }

  [Symbol.iterator](): Iterator<AnySignal> {
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

  declare<const S = unknown, P = unknown>(
    name: string,
    options: DeclareOptions<S, P> = {},
  ): Signal<S, P> {
    const { alias = name } = options
    checkName('signal', name)
    checkName('signal', alias)
    const declaration: Declaration = { delivery: INLINE, ...options, declaredAt: callSite() }
    // A subscriber may have asked for it before, by its name or by its alias.
    const named = this.#cores.get(name)
    const aliased = this.#cores.get(alias)
    const first = named?.declaration
    if (named && first) {
      const field = named.name === name ? differingField(first, declaration) : 'name'
      if (field) throw new SignalRedeclaredError(named, field, first.declaredAt, declaration.declaredAt)
      return named
    }
    if (aliased && aliased !== named && (named || aliased.declaration)) {
      throw new AliasTakenError(`${this.name}:${name}`, alias)
    }
    const core = named ?? aliased ?? new SignalCore(name, this)
    core.name = name
    core.declaration = Object.freeze(declaration)
    this.#cores.set(name, core).set(alias, core)
    this.watchers.emit('declared', { signal: core })
    return core
  }
}

function checkName(what: 'namespace' | 'signal', name: unknown): string {
  const valid = what === 'signal' ? /^[^\s\p{Cc}]+$/u : /^[^\s\p{Cc}:]+$/u
  if (typeof name === 'string' && valid.test(name)) return name
  throw new InvalidNameError(what, name)
}
