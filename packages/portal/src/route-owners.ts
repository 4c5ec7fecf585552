import type { FastifyInstance } from 'fastify'

import { RouteTakenError } from './blueprint-errors.ts'

/** Who has the routes that nobody claimed. */
const PORTAL = 'portal'

/** Whose each path of the server is, so that two plugins that want one are told of each other. */
export class RouteOwners {
  readonly #owners = new Map<string, string>()

  /** Watch the routes of `app`. Call it before the first. */
  watch(app: FastifyInstance): void {
    app.addHook('onRoute', ({ url, method }) => {
      for (const one of [method].flat()) {
        const key = keyOf(one, url)
        if (!this.#owners.has(key)) this.#owners.set(key, PORTAL)
      }
    })
  }

  /**
   * `plugin` adds the route of `method` and `path` next.
   *
   * @throws RouteTakenError when the path is somebody's already
   */
  claim(plugin: string, method: string, path: string): void {
    const owner = this.#owners.get(keyOf(method, path))
    if (owner !== undefined) throw new RouteTakenError(`${method} ${path}`, owner, plugin)
    this.#owners.set(keyOf(method, path), plugin)
  }
}

/** Parameters of other names match the same paths, and so does a slash at the end. */
function keyOf(method: string, path: string): string {
  return `${method} ${path.replaceAll(/:\w+/g, ':').replace(/(?<=.)\/$/, '')}`
}
