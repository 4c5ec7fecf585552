import { helper } from '@mikro-orm/sql'
import { z } from 'zod'

import { ModelUnknownError } from './models-errors.ts'
import type { Model } from './model.ts'
import { openDatabase } from './open-database.ts'
import { em } from './transaction.ts'

/**
 * An instance as payloads of domain signals carry it: by name and key, so that it can be stored, and so that
 * the receiver reads the row as it is then.
 */
export interface Ref<E extends object = object> {
  readonly entity: string
  readonly id: string | number
  /** Carries the type; never there at run time. */
  readonly type?: E
}

/** The schema of references to instances of `model`, for the payloads of declared signals. */
export function refSchema<E extends object>(model: Model<E>): z.ZodType<Ref<E>> {
  return z.object({ entity: z.literal(model.name), id: z.union([z.string(), z.number()]) }).readonly()
}

/** A reference to `instance`, which has its primary key already. */
export function refTo<E extends object>(instance: E): Ref<E> {
  const wrapped = helper(instance)
  const id: unknown = wrapped.getPrimaryKey()
  if (typeof id !== 'string' && typeof id !== 'number') {
    throw new TypeError(
      `A reference needs a key that is a string or a number, and that of ${wrapped.__meta.className} is not.`,
    )
  }
  return { entity: wrapped.__meta.className, id }
}

/**
 * The fresh row that `ref` refers to; undefined when it is gone.
 *
 * @throws ModelUnknownError when no loaded plugin has such an entity
 */
export async function load<E extends object>(ref: Ref<E>): Promise<E | undefined> {
  const model = openDatabase().models.named(ref.entity)
  if (model === undefined) throw new ModelUnknownError(ref.entity)
  const found: unknown = await em().findOne(model, ref.id, { refresh: true })
  return isOf(found, ref) ? found : undefined
}

function isOf<E extends object>(found: unknown, { entity }: Ref<E>): found is E {
  return typeof found === 'object' && found !== null && helper(found).__meta.className === entity
}
