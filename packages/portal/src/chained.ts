const CHAINED = Symbol.for('aldis.portal.chained')

/** A contribution that wraps what it stands before. */
export interface Chained<T> {
  [CHAINED](original: T): T
}

/** What a plugin contributes under a name: the thing itself, or a wrap around what is there without it. */
export type Contribution<T> = T | Chained<T>

/**
 * Wrap what has the same name: `wrap` gets the `original`, of a plugin later in the configuration or of the
 * portal, and returns what stands in its place. It is called again whenever a plugin is loaded or unloaded.
 *
 * @example
 * ```ts
 * import { chained, type Action, type IActions } from '@aldis/portal'
 *
 * export default class ShoutPlugin implements IActions {
 *   getActions() {
 *     return {
 *       status_show: chained<Action>((original) => ({
 *         ...original,
 *         run: async (context, parameters) => ({ loud: true, was: await original.run(context, parameters) }),
 *       })),
 *     }
 *   }
 * }
 * ```
 */
export function chained<T>(wrap: (original: T) => T): Chained<T> {
  return Object.freeze({ [CHAINED]: wrap })
}

/** Whether `contribution` is a wrap. */
export function isChained<T extends object>(contribution: Contribution<T>): contribution is Chained<T> {
  return CHAINED in contribution
}

/** What `contribution` makes of `original`. */
export function wrapAround<T>(contribution: Chained<T>, original: T): T {
  return contribution[CHAINED](original)
}
