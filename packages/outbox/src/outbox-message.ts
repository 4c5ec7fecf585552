import { em, NoTransactionError } from '@aldis/models'

import { refuseOutside, type Category } from './outbox-category.ts'
import type { Scope } from './outbox-scope.ts'
import { processControlOutbox, processRegionOutbox } from './outbox-signals.ts'

/** A message of a category that belongs to the scope `N`. */
export interface NewOutboxMessage<N extends string = string> {
  /** What `shardIdentifier` is one of. Said here too, so that a category that moves to another scope leaves no wrong identifiers. */
  readonly shardScope: Scope<N>
  readonly shardIdentifier: string | number
  /** What has changed: the key of a row. */
  readonly objectIdentifier: string | number
  /** A hint for what the row does not tell, or does not any more: plain data. */
  readonly payload?: unknown
  /** The region that it goes to from control. Without it, it goes from a region to control. */
  readonly regionName?: string
}

/**
 * Save `message` with the running transaction, for the receivers of `category`: those of `process_control_outbox`
 * when it names a region, else those of `process_region_outbox`. With nobody subscribed nothing is stored.
 *
 * @throws NoTransactionError outside a transaction
 * @throws CategoryOutsideScopeError when the category does not belong to the scope; nothing is stored
 *
 * @example
 * ```ts
 * import { transaction } from '@aldis/models'
 * import { defineCategory, defineScope, saveOutboxMessage } from '@aldis/outbox'
 *
 * const userScope = defineScope('user')
 * const userUpdate = defineCategory('user_update', { scope: userScope })
 *
 * export const rename = (id: number, name: string): Promise<void> =>
 *   transaction(async (own) => {
 *     await own.execute('update users set name = ? where id = ?', [name, id])
 *     await saveOutboxMessage(userUpdate, { shardScope: userScope, shardIdentifier: id, objectIdentifier: id, regionName: 'eu' })
 *   })
 * ```
 */
export async function saveOutboxMessage<N extends string>(
  category: Category<N>,
  message: NewOutboxMessage<NoInfer<N>>,
): Promise<void> {
  if (!em().isInTransaction()) throw new NoTransactionError('saveOutboxMessage')
  refuseOutside(category, message.shardScope)
  await sendOutboxMessage(category, message)
}

/** Send the signal of `message`, which is in the scope of `category`, in the running transaction. */
export async function sendOutboxMessage(
  { name, scope }: Category,
  { shardIdentifier, objectIdentifier, payload, regionName }: Omit<NewOutboxMessage, 'shardScope'>,
): Promise<void> {
  const message = {
    shardScope: scope.name,
    shardIdentifier,
    objectIdentifier,
    ...(payload !== undefined && { payload }),
  }
  if (regionName === undefined) await processRegionOutbox.sendAsync(name, message)
  else await processControlOutbox.sendAsync(name, { ...message, regionName })
}
