import { createRequire } from 'node:module'

import type { DependencyContainer } from 'tsyringe'

import { ServiceNotProvidedError } from './plugin-errors.ts'
import type { Service } from './service.ts'

type Tsyringe = Pick<typeof import('tsyringe'), 'container'>

const isTsyringe = (module: unknown): module is Tsyringe =>
  typeof module === 'object' && module !== null && 'container' in module

/** The container of all plugins. It is loaded when the first class is to be built: most plugins ask for tokens alone. */
function rootContainer(): DependencyContainer {
  const module: unknown = createRequire(import.meta.url)('tsyringe')
  if (!isTsyringe(module)) throw new TypeError('tsyringe has no container.')
  return module.container.createChildContainer()
}

/** Builds the classes that are injected, with the services of plugins. */
export class ServiceContainer {
  readonly #find: (key: symbol) => Service<unknown> | undefined
  readonly #root: DependencyContainer = rootContainer()

  /** `find` gives what stands under a token now. */
  constructor(find: (key: symbol) => Service<unknown> | undefined) {
    this.#find = find
  }

  /** Let classes be given what stands under `key`. The container cannot forget it; whoever provides it then is asked. */
  know(key: symbol, name: string): void {
    if (this.#root.isRegistered(key)) return
    this.#root.register(key, {
      useFactory: () => {
        const service = this.#find(key)
        if (service === undefined) throw new ServiceNotProvidedError(name, undefined)
        return service.value
      },
    })
  }

  /**
   * A container for one plugin, with what is its `own`. It is dropped with the plugin and never disposed: that
   * would reach what others share.
   */
  child(own: readonly Service<unknown>[]): DependencyContainer {
    const container = this.#root.createChildContainer()
    for (const service of own) container.register(service.token.key, { useFactory: () => service.value })
    return container
  }
}
