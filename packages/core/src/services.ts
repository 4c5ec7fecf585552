import 'reflect-metadata'

import type { DependencyContainer } from 'tsyringe'

import { PluginConflictError, ServiceNotProvidedError } from './plugin-errors.ts'
import { isServiceOf, Service } from './service.ts'
import { ServiceContainer } from './service-container.ts'
import type { Injectable, Token } from './token.ts'

const isToken = <T>(injectable: Injectable<T>): injectable is Token<T> => typeof injectable !== 'function'

/** In the container's eyes a class is one of any parameters: it finds out itself what these are. */
const isClass = <T>(type: Injectable<T>): type is Injectable<T> & (new (...args: unknown[]) => T) =>
  typeof type === 'function'

/** The services that plugins provide to each other. */
export class Services {
  readonly #services = new Map<symbol, Service<unknown>>()
  #container: ServiceContainer | undefined

  /** Offer what `factory` makes, once, under `token`. */
  provide<T>(owner: string, token: Token<T>, factory: () => T): void {
    const known = this.#services.get(token.key)
    if (known !== undefined) throw new PluginConflictError(`The service "${token.name}"`, known.owner, owner)
    this.#services.set(token.key, new Service(owner, token, factory))
    this.#container?.know(token.key, token.name)
  }

  /** Forget what `owner` provides. */
  withdraw(owner: string): void {
    for (const [key, service] of this.#services) if (service.owner === owner) this.#services.delete(key)
  }

  /** The service under `token`, where a plugin provides it. */
  find<T>(token: Token<T>): T | undefined {
    const service = this.#services.get(token.key)
    return isServiceOf(service, token) ? service.value : undefined
  }

  /** What anyone gets for `injectable`. */
  resolve<T>(injectable: Injectable<T>): T {
    return new Injector(this, undefined, []).resolve(injectable)
  }

  /** What is provided under the token `key` now. */
  at(key: symbol): Service<unknown> | undefined {
    return this.#services.get(key)
  }

  /** The container that builds classes. */
  get container(): ServiceContainer {
    if (this.#container === undefined) {
      this.#container = new ServiceContainer((key) => this.#services.get(key))
      for (const { token } of this.#services.values()) this.#container.know(token.key, token.name)
    }
    return this.#container
  }
}

/** Gives one plugin what it asks for: what is its `own`, else what plugins provide, and classes built with these. */
export class Injector {
  readonly #services: Services
  readonly #asker: string | undefined
  readonly #own: readonly Service<unknown>[]
  #container: DependencyContainer | undefined

  constructor(services: Services, asker: string | undefined, own: readonly Service<unknown>[]) {
    this.#services = services
    this.#asker = asker
    this.#own = own
  }

  resolve<T>(injectable: Injectable<T>): T {
    if (isToken(injectable)) {
      const { key, name } = injectable
      const service = this.#own.find(({ token }) => token.key === key) ?? this.#services.at(key)
      if (isServiceOf(service, injectable)) return service.value
      throw new ServiceNotProvidedError(name, this.#asker)
    }
    if (!isClass(injectable)) throw new ServiceNotProvidedError(String(injectable), this.#asker)
    this.#container ??= this.#services.container.child(this.#own)
    return this.#container.resolve(injectable)
  }
}
