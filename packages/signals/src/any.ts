/**
 * `ANY` as a connection's sender means "whoever sends".
 *
 * It is `Symbol.for('aldis.ANY')`, so every installed copy of this package
 * means the same value, and no sender of yours can collide with it.
 */
export const ANY: unique symbol = Symbol.for('aldis.ANY')

/** The type of {@link ANY}. */
export type Any = typeof ANY
