import 'reflect-metadata'

import { container, type DependencyContainer } from 'tsyringe'

import { PluginConflictError, ServiceNotProvidedError } from './plugin-errors.ts'
import type { Injectable, Token } from './token.ts'

interface Service {
  readonly owner: string
  readonly get: () => unknown
}

const isToken = <T>(injectable: Injectable<T>): injectable is Token<T> => typeof injectable !== 'function'

/** In the container's eyes a class is one of any parameters: it finds out itself what these are. */
const isClass = <T>(type: unknown): type is new (...args: unknown[]) => T => typeof type === 'function'

/** The services that plugins provide to each other, and a container for each plugin. */
export class Services {
  readonly #root: DependencyContainer = container.createChildContainer()
  readonly #services = new Map<symbol, Service>()

  /** Offer what `factory` makes, once, under `token`. */
  provide<T>(owner: string, token: Token<T>, factory: () => T): void {
    const known = this.#services.get(token.key)
    if (known !== undefined) throw new PluginConflictError(`The service "${token.name}"`, known.owner, owner)
    let made: { readonly value: T } | undefined
    this.#services.set(token.key, { owner, get: () => (made ??= { value: factory() }).value })
    if (this.#root.isRegistered(token.key)) return
    // The container cannot forget a token; what it answers depends on who provides it now.
    this.#root.register(token.key, {
      useFactory: () => {
        const service = this.#services.get(token.key)
        if (service === undefined) throw new ServiceNotProvidedError(token.name, undefined)
        return service.get()
      },
    })
  }

  /** Forget what `owner` provides. */
  withdraw(owner: string): void {
    for (const [key, service] of this.#services) if (service.owner === owner) this.#services.delete(key)
  }

  /** The container of one plugin. It is dropped with the plugin and never disposed: that would reach shared services. */
  child(): DependencyContainer {
    return this.#root.createChildContainer()
  }

  /** The service under `token`, where a plugin provides it. */
  find<T>(token: Token<T>): T | undefined {
    return this.#services.has(token.key) ? this.resolve(token) : undefined
  }

  /** What `asker` gets for `injectable`: from its own container, else from who provides it. */
  resolve<T>(injectable: Injectable<T>, asker?: string, from: DependencyContainer = this.#root): T {
    if (isToken(injectable)) {
      if (!this.#services.has(injectable.key) && !from.isRegistered(injectable.key)) {
        throw new ServiceNotProvidedError(injectable.name, asker)
      }
      return from.resolve<T>(injectable.key)
    }
    if (isClass<T>(injectable)) return from.resolve(injectable)
    throw new ServiceNotProvidedError(String(injectable), asker)
  }
}
