import type { AnySignal, Signal } from '@aldis/signals'
import {
  helper,
  type AnyEntity,
  type EventArgs,
  type EventSubscriber,
  type FlushEventArgs,
} from '@mikro-orm/sql'

import { changesOf } from './changes.ts'
import { EntityManager } from './entity-manager.ts'
import type { Model } from './model.ts'
import { m2mChanged, postDelete, postInit, postSave, preDelete, preSave } from './model-signals.ts'
import type { OwnedModels } from './owned-models.ts'
import { relationChangesOf, type RelationChange } from './relation-changes.ts'
import { currentScope, JoinedScope, scopes } from './transaction-scope.ts'

type Heard = Pick<AnySignal, 'isHeard'>

/** Sends the model signals of an entity manager's flushes. What nobody hears costs a look per flush. */
export class ModelSignalSender {
  readonly #models: OwnedModels
  readonly #relations = new WeakMap<object, readonly RelationChange[]>()

  constructor(models: OwnedModels) {
    this.#models = models
  }

  /** Send the signals of `em`, and of what is forked from it. */
  install(em: EntityManager): void {
    const events = em.getEventManager()
    events.registerSubscriber({
      onFlush: async (args) => {
        for (const subscriber of this.#heardRows) args.em.getEventManager().registerSubscriber(subscriber)
        await this.#beforeRelations(args)
      },
      afterFlush: (args) => this.#afterRelations(args),
    })
    if (postInit.isHeard) events.registerSubscriber(this.#init)
  }

  readonly #init: EventSubscriber<AnyEntity> = {
    onInit: ({ entity, meta }) => {
      const model = this.#models.named(meta.className)
      if (model) postInit.notify(model, { instance: entity })
    },
  }

  // MikroORM compares every row before and after a hook: only what is heard has one.
  readonly #rows: readonly (readonly [Heard, EventSubscriber<AnyEntity>])[] = [
    [
      preSave,
      {
        beforeCreate: (args) => this.#save(preSave, args, true),
        beforeUpdate: (args) => this.#save(preSave, args, false),
      },
    ],
    [
      postSave,
      {
        afterCreate: (args) => this.#save(postSave, args, true),
        afterUpdate: (args) => this.#save(postSave, args, false),
      },
    ],
    [preDelete, { beforeDelete: (args) => this.#delete(preDelete, args) }],
    [postDelete, { afterDelete: (args) => this.#delete(postDelete, args) }],
  ]

  get #heardRows(): EventSubscriber<AnyEntity>[] {
    return this.#rows.filter(([signal]) => signal.isHeard).map(([, subscriber]) => subscriber)
  }

  async #save(signal: typeof postSave, args: EventArgs<AnyEntity>, created: boolean): Promise<void> {
    const { entity, changeSet } = args
    if (!signal.isHeard || changeSet === undefined) return
    const changes = changesOf(changeSet, args.em.getPlatform())
    await this.#send(signal, args, { instance: entity, created, changes })
  }

  async #delete(signal: typeof postDelete, args: EventArgs<AnyEntity>): Promise<void> {
    if (signal.isHeard) await this.#send(signal, args, { instance: args.entity })
  }

  async #beforeRelations(args: FlushEventArgs): Promise<void> {
    if (!m2mChanged.isHeard) return
    const changes = args.uow.getCollectionUpdates().flatMap((collection) => relationChangesOf(collection))
    this.#relations.set(args.uow, changes)
    await this.#sendRelations('pre', args, changes)
  }

  async #afterRelations(args: FlushEventArgs): Promise<void> {
    const changes = this.#relations.get(args.uow)
    if (changes === undefined) return
    this.#relations.delete(args.uow)
    await this.#sendRelations('post', args, changes)
  }

  async #sendRelations(
    moment: 'pre' | 'post',
    { em }: FlushEventArgs,
    changes: readonly RelationChange[],
  ): Promise<void> {
    for (const { instance, relation, kind, keys } of changes) {
      const meta = helper(instance).__meta
      await this.#send(
        m2mChanged,
        { em, meta },
        { instance, relation, action: `${moment}_${kind}` as const, keys },
      )
    }
  }

  /**
   * Send in the flush's transaction. MikroORM refuses a flush inside a flush, so receivers get an entity manager
   * of their own in the same transaction; what they leave unwritten is written.
   */
  async #send<P>(
    signal: Signal<Model, P>,
    { em, meta }: Pick<EventArgs<AnyEntity>, 'em' | 'meta'>,
    payload: P,
  ): Promise<void> {
    const model = this.#models.named(meta.className)
    const scope = currentScope()
    if (model === undefined || scope === undefined || !(em instanceof EntityManager)) return
    const own = em.fork({ keepTransactionContext: true, cloneEventManager: true })
    const joined = new JoinedScope(scope, own)
    try {
      await scopes.run(joined, async () => {
        await signal.sendAsync(model, payload)
        await own.flush()
      })
    } finally {
      joined.close()
    }
  }
}
