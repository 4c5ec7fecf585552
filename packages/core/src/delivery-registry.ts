import { INLINE, type Delivery } from './delivery.ts'
import { PluginConflictError } from './plugin-errors.ts'
import { byPrecedence } from './precedence.ts'

/** A delivery and the plugin that it comes from, or `core`. */
interface Registered {
  readonly name: string
  readonly delivery: Delivery
}

/**
 * The deliveries there are beside `inline`. Iterating gives the one that wraps innermost
 * first: core's, then plugins' in reverse order of precedence.
 */
export class DeliveryRegistry implements Iterable<Delivery> {
  readonly #core: Delivery
  readonly #listed: () => readonly string[]
  #plugins: readonly Registered[] = []
  #order: readonly Delivery[] | undefined

  /** `listed` are the plugins as the configuration lists them. */
  constructor(core: Delivery, listed: () => readonly string[]) {
    this.#core = core
    this.#listed = listed
  }

  /** Every name that a subscription can ask for. */
  get names(): string[] {
    return [INLINE, ...this].map((each) => (typeof each === 'string' ? each : each.name))
  }

  get(name: string): Delivery | undefined {
    if (name === this.#core.name) return this.#core
    return this.#plugins.find(({ delivery }) => delivery.name === name)?.delivery
  }

  /** The plugin that `name` comes from; undefined for core's. */
  ownerOf(name: string): string | undefined {
    return this.#plugins.find(({ delivery }) => delivery.name === name)?.name
  }

  /**
   * Register `delivery` of the plugin `owner`.
   *
   * @throws PluginConflictError when there is one of that name
   */
  add(owner: string, delivery: Delivery): void {
    const { name } = delivery
    if (name === INLINE || this.get(name) !== undefined) {
      throw new PluginConflictError(`The delivery "${name}"`, this.ownerOf(name) ?? 'core', owner)
    }
    this.#plugins = [...this.#plugins, { name: owner, delivery }]
    this.#order = undefined
  }

  /** Forget what `owner` registered. */
  withdraw(owner: string): void {
    if (this.#plugins.length === 0) return
    this.#plugins = this.#plugins.filter(({ name }) => name !== owner)
    this.#order = undefined
  }

  [Symbol.iterator](): Iterator<Delivery> {
    const plugins = (): Delivery[] =>
      byPrecedence(this.#plugins, this.#listed()).map(({ delivery }) => delivery)
    this.#order ??= [this.#core, ...plugins().toReversed()]
    return this.#order[Symbol.iterator]()
  }
}
