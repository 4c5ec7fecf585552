import type { Blueprint } from '@aldis/core'

import { BlueprintRouteError } from './blueprint-errors.ts'
import { PATH, TypeBlueprint } from './type-blueprint.ts'

/**
 * Make a blueprint for `IBlueprint`, whose routes all start with `prefix`: the routes of one plugin under one path. `name` is what errors
 * call it.
 *
 * @throws BlueprintRouteError when `prefix` is no path, or a route that is added cannot be one
 *
 * @example
 * ```ts
 * import { createBlueprint, type IBlueprint } from '@aldis/portal'
 *
 * export default class TidesPlugin implements IBlueprint {
 *   getBlueprints() {
 *     const tides = createBlueprint('tides', '/tides')
 *     tides.addRoute({ method: 'GET', path: '/:day', handler: (_request, { day }) => Response.json({ day }) })
 *     return [tides]
 *   }
 * }
 * ```
 */
export function createBlueprint(name: string, prefix: string): Blueprint {
  if (!PATH.test(prefix) || prefix === '/') {
    throw new BlueprintRouteError(name, prefix, 'its prefix must be "/" and segments, such as "/tides".')
  }
  return new TypeBlueprint(name, prefix)
}
