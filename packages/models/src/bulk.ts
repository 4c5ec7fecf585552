import type { EntityData, EntityName, FilterQuery, FromEntityType, RequiredEntityData } from '@mikro-orm/sql'

import type { EntityManager } from './entity-manager.ts'
import { transaction } from './transaction.ts'

/** New values of an instance of the entity `E`. */
type Values<E> = EntityData<FromEntityType<E>>

/** How many rows one statement writes: what MikroORM takes for one, too. */
const BATCH = 300

/**
 * Create a row of `model` for each of `rows`, in one transaction with one statement for 300 rows, and resolve with how
 * many there were. Unlike MikroORM's `insertMany`, model signals are sent for every row.
 *
 * @example
 * ```ts
 * import { bulkCreate, defineEntity, p } from '@aldis/models'
 *
 * const Book = defineEntity({ name: 'Book', properties: { id: p.integer().primary(), title: p.string() } })
 *
 * export function importBooks(titles: readonly string[]): Promise<number> {
 *   return bulkCreate(Book, titles.map((title) => ({ title })))
 * }
 * ```
 */
export async function bulkCreate<E extends object>(
  model: EntityName<E>,
  rows: Iterable<RequiredEntityData<E>> | AsyncIterable<RequiredEntityData<E>>,
): Promise<number> {
  return transaction(async (em) => {
    let written = 0
    let own = beside(em)
    for await (const row of rows) {
      own.create(model, row)
      if (++written % BATCH > 0) continue
      await own.flush()
      // What is written need not be kept: the rows may be more than fit into memory.
      own = beside(em)
    }
    await own.flush()
    return written
  })
}

/**
 * Change the rows of `model` that match `where` to have `data`, in one transaction with one statement for 300 rows, and
 * resolve with how many matched. Unlike MikroORM's `nativeUpdate`, model signals are sent for every row that changes.
 * The rows are read first and fill memory; instances that you hold already stay as they are.
 *
 * @example
 * ```ts
 * import { bulkUpdate, defineEntity, p } from '@aldis/models'
 *
 * const Book = defineEntity({
 *   name: 'Book',
 *   properties: { id: p.integer().primary(), shelf: p.string(), sold: p.boolean() },
 * })
 *
 * export function sellShelf(shelf: string): Promise<number> {
 *   return bulkUpdate(Book, { shelf, sold: false }, { sold: true })
 * }
 * ```
 */
export async function bulkUpdate<E extends object>(
  model: EntityName<E>,
  where: FilterQuery<NoInfer<E>>,
  data: Values<NoInfer<E>>,
): Promise<number> {
  return transaction(async (em) => {
    const own = beside(em)
    const found = await own.find(model, where)
    for (const each of found) own.assign<E, FromEntityType<E>, false, Values<E>>(each, data)
    await own.flush()
    return found.length
  })
}

/**
 * Delete the rows of `model` that match `where`, in one transaction with one statement for 300 rows, and resolve with
 * how many there were. Unlike MikroORM's `nativeDelete`, model signals are sent for every row. The rows are read first
 * and fill memory.
 *
 * @example
 * ```ts
 * import { bulkDelete, defineEntity, p } from '@aldis/models'
 *
 * const Book = defineEntity({ name: 'Book', properties: { id: p.integer().primary(), sold: p.boolean() } })
 *
 * export const clearSold = (): Promise<number> => bulkDelete(Book, { sold: true })
 * ```
 */
export async function bulkDelete<E extends object>(
  model: EntityName<E>,
  where: FilterQuery<NoInfer<E>>,
): Promise<number> {
  return transaction(async (em) => {
    const own = beside(em)
    const found = await own.find(model, where)
    for (const each of found) own.remove(each)
    await own.flush()
    return found.length
  })
}

/** An entity manager with nothing in it, in the transaction of `em`. */
function beside(em: EntityManager): EntityManager {
  return em.fork({ keepTransactionContext: true, cloneEventManager: true })
}
