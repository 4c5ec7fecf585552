import { EntitySchema } from '@mikro-orm/sql'

import { openDatabase } from './open-database.ts'

/** What `defineEntity` returns, as far as signals need it: the sender of model signals. */
export interface Model<E extends object = object> {
  readonly name: string
  /** Carries the type of the entity's instances. */
  readonly '~entity': E
}

/** The type of the instances of the model `M`. */
export type InstanceOf<M> = M extends { readonly '~entity': infer E extends object } ? E : object

/** Whether `value` is what `defineEntity` returns. */
export function isModel(value: unknown): value is Model {
  return value instanceof EntitySchema
}

/**
 * What `defineEntity` returned for the entity `name` of a loaded plugin; undefined when no plugin has it.
 *
 * @throws DatabaseClosedError when no database is open
 */
export function modelNamed(name: string): Model | undefined {
  return openDatabase().models.named(name)
}
