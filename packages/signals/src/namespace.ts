import type { Emitter } from 'mitt'

import { callSite, differingField, type Declaration, type DeclareOptions } from './declaration.ts'
import { INLINE } from './entry.ts'
import { AliasTakenError, InvalidNameError, SignalRedeclaredError } from './errors.ts'
import { Watchers, type NamespaceEvents } from './namespace-events.ts'
import type { Runtime } from './runtime.ts'
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

const isName = (name: unknown): name is string =>
  typeof name === 'string' && name !== '' && !/[\s\p{Cc}]/u.test(name)

/** The one implementation of {@link Namespace}. */
export class NamespaceCore implements Namespace, SignalHome {
  readonly name: string
  readonly watchers = new Watchers(() => {
    for (const signal of this.#signals.values()) signal.refresh()
  })
  readonly runtime: () => Runtime | undefined
  readonly #signals = new Map<string, SignalCore>()
  readonly #aliases = new Map<string, SignalCore>()

  constructor(name: string, runtime: () => Runtime | undefined) {
    if (!isName(name) || name.includes(':')) throw new InvalidNameError('namespace', name)
    this.name = name
    this.runtime = runtime
  }

  get size(): number {
    return this.#signals.size
  }

  get events(): Emitter<NamespaceEvents> {
    return this.watchers.events
  }

  [Symbol.iterator](): Iterator<AnySignal> {
    return this.#signals.values()
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined
  }

  signal<S = unknown, P = unknown>(name: string): Signal<S, P> {
    return this.#find(name) ?? this.#add(name)
  }

  declare<const S = unknown, P = unknown>(
    name: string,
    options: DeclareOptions<S, P> = {},
  ): Signal<S, P> {
    const declaration: Declaration = {
      delivery: INLINE,
      ...options,
      declaredAt: callSite(),
    }
    const { alias } = declaration
    if (alias !== undefined && !isName(alias)) throw new InvalidNameError('signal', alias)
    let signal = this.#find(name)
    const first = signal?.declaration
    if (first !== undefined) {
      const field = differingField(first, declaration)
      if (field === undefined && signal) return signal
      throw new SignalRedeclaredError(`${this.name}:${name}`, field ?? '', first.declaredAt, declaration.declaredAt)
    }
    signal = this.#claim(name, alias, signal)
    signal.declaration = Object.freeze(declaration)
    this.watchers.emit('declared', { signal })
    return signal
  }

  #find(name: string): SignalCore | undefined {
    return this.#signals.get(name) ?? this.#aliases.get(name)
  }

  #add(name: string): SignalCore {
    if (!isName(name)) throw new InvalidNameError('signal', name)
    const signal = new SignalCore(name, this)
    this.#signals.set(name, signal)
    return signal
  }

  /** The signal of a first declaration: a subscriber may have asked for it, by its name or by its alias. */
  #claim(name: string, alias: string | undefined, known: SignalCore | undefined): SignalCore {
    if (alias === undefined) return known ?? this.#add(name)
    const named = this.#find(alias)
    if (named !== undefined && (known !== undefined || named.declaration !== undefined)) {
      throw new AliasTakenError(`${this.name}:${name}`, alias)
    }
    if (named !== undefined) {
      this.#signals.delete(alias)
      this.#signals.set(name, named)
      named.name = name
    }
    const signal = named ?? known ?? this.#add(name)
    this.#aliases.set(alias, signal)
    return signal
  }
}
