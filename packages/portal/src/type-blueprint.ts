import type { Blueprint, BlueprintRoute } from '@aldis/core'

import { BlueprintRouteError } from './blueprint-errors.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Static segments, and parameters that are a segment each. */
export const PATH = /^(?:\/|(?:\/(?::[A-Za-z]\w*|(?!\.{1,2}(?:\/|$))[\w.~-]+))+)$/

/** The routes of one registered type, or of one plugin, until the server has them. */
export class TypeBlueprint implements Blueprint {
  readonly name: string
  readonly prefix: string
  readonly #routes: BlueprintRoute[] = []
  readonly #known = new Set<string>()
  #closed = false

  constructor(name: string, prefix: string) {
    this.name = name
    this.prefix = prefix
  }

  get routes(): readonly BlueprintRoute[] {
    return [...this.#routes]
  }

  addRoute({ method, path, handler }: BlueprintRoute): void {
    const route = `${method} ${path}`
    const refuse = (reason: string): never => {
      throw new BlueprintRouteError(this.name, route, reason)
    }
    if (this.#closed) refuse('the server has its routes already. Add it while "register_blueprint" is sent.')
    if (!METHODS.includes(method)) refuse(`the method must be one of ${METHODS.join(', ')}.`)
    if (!PATH.test(path))
      refuse('the path must be "/", or "/" and segments, of which those with ":" are parameters.')
    if (typeof handler !== 'function') refuse('its handler must be a function.')
    // Parameters of other names match the same paths.
    const shape = `${method} ${path.replaceAll(/:\w+/g, ':')}`
    if (this.#known.has(shape)) refuse('it has one for this method and path already.')
    this.#known.add(shape)
    this.#routes.push({ method, path, handler })
  }

  /** The routes, for the server. None can be added after that. */
  close(): readonly BlueprintRoute[] {
    this.#closed = true
    return this.routes
  }
}
