import type { Token } from './token.ts'

/** Something under a token, made when it is first asked for. */
export class Service<T> {
  readonly owner: string
  readonly token: Token<T>
  readonly #factory: () => T
  #made: { readonly value: T } | undefined

  constructor(owner: string, token: Token<T>, factory: () => T) {
    this.owner = owner
    this.token = token
    this.#factory = factory
  }

  get value(): T {
    this.#made ??= { value: this.#factory() }
    return this.#made.value
  }
}

/** Whether `service` is what stands under `token`, and so has its type. */
export function isServiceOf<T>(
  service: Service<unknown> | undefined,
  token: Token<T>,
): service is Service<T> {
  return service?.token.key === token.key
}
