import type { SubscriptionMap } from '@aldis/core'
import { isModel, postDelete, postSave, refTo, type InstanceOf, type Model } from '@aldis/models'

import type { Category } from './outbox-category.ts'
import { sendOutboxMessage } from './outbox-message.ts'
import type { Scope } from './outbox-scope.ts'
import { ReplicationInvalidError, ShardUnknownError } from './replication-errors.ts'

/** How an entity is replicated. */
export interface ReplicationOptions<E extends object = object> {
  /** The category of its messages. */
  readonly category: Category
  /** The shard of a row. @defaultValue what the category's scope says */
  readonly shard?: (instance: E) => string | number
  /** A hint for what receivers cannot read from the row: what they need of one that is deleted. @defaultValue none */
  readonly payload?: (instance: E) => unknown
  /** The regions that a row of control goes to, a message for each. @defaultValue none: rows go from a region to control */
  readonly regions?: (instance: E) => Iterable<string>
}

/**
 * Declare `model` as replicated, and return `subscriptions` with what that takes: whenever a row of it is created,
 * changed or deleted, alone or in bulk, a message of the category is saved in the same transaction.
 *
 * @throws ReplicationInvalidError when nothing tells the shards of its rows
 *
 * @example
 * ```ts
 * import { SubscriptionMap } from '@aldis/core'
 * import { defineEntity, p } from '@aldis/models'
 * import { defineCategory, defineScope, replicate } from '@aldis/outbox'
 *
 * const Member = defineEntity({
 *   name: 'Member',
 *   properties: { id: p.integer().primary(), organizationId: p.integer() },
 * })
 * const organizationScope = defineScope('organization', { property: 'organizationId' })
 * const memberUpdate = defineCategory('member_update', { scope: organizationScope })
 *
 * export default class MembersPlugin {
 *   getSignalSubscriptions(): SubscriptionMap {
 *     return replicate(new SubscriptionMap(), Member, { category: memberUpdate })
 *   }
 * }
 * ```
 */
export function replicate<M extends Model>(
  subscriptions: SubscriptionMap,
  model: M,
  options: ReplicationOptions<InstanceOf<M>>,
): SubscriptionMap {
  if (!isModel(model))
    throw new ReplicationInvalidError(String(model), 'it is not what defineEntity(…) returned.')
  const { category, payload, regions, shard = shardIn(category.scope, model) } = options
  const save = async (instance: InstanceOf<M>): Promise<void> => {
    const hint = payload?.(instance)
    const message = {
      shardIdentifier: shard(instance),
      objectIdentifier: refTo(instance).id,
      ...(hint !== undefined && { payload: hint }),
    }
    if (regions === undefined) return sendOutboxMessage(category, message)
    for (const regionName of regions(instance)) await sendOutboxMessage(category, { ...message, regionName })
  }
  const id = `replicate/${model.name}/${category.name}`
  return subscriptions
    .on(postSave, (_model, { instance }) => save(instance), {
      id: `${id}/saved`,
      sender: model,
      delivery: 'inline',
    })
    .on(postDelete, (_model, { instance }) => save(instance), {
      id: `${id}/deleted`,
      sender: model,
      delivery: 'inline',
    })
}

/** How the shard of a row of `model` is told in `scope`. */
function shardIn({ name, entity, property }: Scope, model: Model): (instance: object) => string | number {
  if (entity === model.name) return (instance) => refTo(instance).id
  const problem =
    property === undefined
      ? `its scope "${name}" names no property that holds the shard.`
      : `its scope "${name}" takes the shard from the property "${property}", which it has not.`
  if (property === undefined || !hasProperty(model, property)) {
    throw new ReplicationInvalidError(model.name, `${problem} Say it with "shard": (instance) => …`)
  }
  return (instance) => {
    const value: unknown = Reflect.get(instance, property)
    if (typeof value === 'string' || typeof value === 'number') return value
    if (typeof value === 'object' && value !== null) return refTo(value).id
    throw new ShardUnknownError(model.name, refTo(instance).id, name, property)
  }
}

function hasProperty(model: Model, property: string): boolean {
  const properties: unknown = Reflect.get(model, 'properties')
  return typeof properties === 'object' && properties !== null && Object.hasOwn(properties, property)
}
