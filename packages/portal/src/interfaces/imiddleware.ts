import { defineInterface, type Interface } from '@aldis/core'
import type { FastifyInstance } from 'fastify'

/** Implemented by plugins that see every request: they add hooks to the server. */
export interface IMiddleware {
  /**
   * Add hooks to `app`. Called before the portal has routes, in the order of the configuration: the hooks of an
   * earlier plugin run first.
   */
  makeMiddleware(app: FastifyInstance): void | Promise<void>
}

export const IMiddleware: Interface<IMiddleware> = defineInterface<IMiddleware>('portal:IMiddleware', [
  'makeMiddleware',
])
