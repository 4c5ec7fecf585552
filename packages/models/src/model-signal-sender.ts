import type { Signal } from '@aldis/signals'
import {
  helper,
  type AnyEntity,
  type EventArgs,
  type EventSubscriber,
  type FlushEventArgs,
} from '@mikro-orm/sql'

import { changesOf } from './changes.ts'
import type { EntityManager } from './entity-manager.ts'
import type { Model } from './model.ts'
import { m2mChanged, postDelete, postInit, postSave, preDelete, preSave } from './model-signals.ts'
import type { Entity, OwnedModels } from './owned-models.ts'
import { keysOf, relationChangesOf, type ChangedCollection, type RelationChange } from './relation-changes.ts'
import { currentScope, JoinedScope, scopes } from './transaction-scope.ts'

type Subscriber = EventSubscriber<AnyEntity>
type Rows = EventArgs<AnyEntity>

/** Sends the model signals of flushes. What nobody hears costs a look at each flush. */
export class ModelSignalSender {
  readonly #models: OwnedModels
  readonly #subscribers = new WeakMap<Model, ReadonlyMap<unknown, Subscriber>>()

  constructor(models: OwnedModels) {
    this.#models = models
  }

  /** Send the signals of the rows that `em` writes, and of those that are forked from it. */
  install(em: EntityManager): void {
    em.getEventManager().registerSubscriber({ onFlush: (args) => this.#beforeRows(args) })
  }

  /** Send `post_init` of the instances that `em` makes, if anybody listens now. */
  installInit(em: EntityManager): void {
    if (postInit.isHeard) em.getEventManager().registerSubscriber(this.#init)
  }

  readonly #init: Subscriber = {
    onInit: ({ entity, meta }) => {
      const model = this.#models.named(meta.className)
      if (model && postInit.isHeard) postInit.notify(model, { instance: entity })
    },
  }

  /** Run `sync`, which writes `collections`, between the signals before and after. */
  async aroundRelations(collections: Iterable<ChangedCollection>, sync: () => Promise<void>): Promise<void> {
    if (!m2mChanged.isHeard) return sync()
    const changes = relationChangesOf(collections)
    await this.#sendRelations('pre', changes)
    await sync()
    await this.#sendRelations('post', changes)
  }

  async #sendRelations(moment: 'pre' | 'post', changes: readonly RelationChange[]): Promise<void> {
    for (const { instance, relation, kind, items } of changes) {
      const action = `${moment}_${kind}` as const
      await this.#send(m2mChanged, instance, () => ({ instance, relation, action, keys: keysOf(items) }))
    }
  }

  /** MikroORM compares a row before and after a hook: only models that somebody listens to have hooks. */
  #beforeRows({ em, uow }: FlushEventArgs): void {
    const signals = [preSave, postSave, preDelete, postDelete].filter((signal) => signal.isHeard)
    if (signals.length === 0) return
    const events = em.getEventManager()
    for (const name of new Set(uow.getChangeSets().map(({ meta }) => meta.className))) {
      const model = this.#models.named(name)
      if (model === undefined) continue
      for (const signal of signals) {
        const subscriber = signal.hasReceiversFor(model) ? this.#hooksOf(model).get(signal) : undefined
        if (subscriber) events.registerSubscriber(subscriber)
      }
    }
  }

  #hooksOf(model: Entity): ReadonlyMap<unknown, Subscriber> {
    const known = this.#subscribers.get(model)
    if (known) return known
    const getSubscribedEntities = (): [Entity] => [model]
    const made = new Map<unknown, Subscriber>([
      [
        preSave,
        {
          getSubscribedEntities,
          beforeCreate: (args) => this.#save(preSave, args, true),
          beforeUpdate: (args) => this.#save(preSave, args, false),
        },
      ],
      [
        postSave,
        {
          getSubscribedEntities,
          afterCreate: (args) => this.#save(postSave, args, true),
          afterUpdate: (args) => this.#save(postSave, args, false),
        },
      ],
      [preDelete, { getSubscribedEntities, beforeDelete: (args) => this.#delete(preDelete, args) }],
      [postDelete, { getSubscribedEntities, afterDelete: (args) => this.#delete(postDelete, args) }],
    ])
    this.#subscribers.set(model, made)
    return made
  }

  async #save(signal: typeof postSave, { entity, changeSet, em }: Rows, created: boolean): Promise<void> {
    if (changeSet === undefined) return
    const platform = em.getPlatform()
    await this.#send(signal, entity, () => ({
      instance: entity,
      created,
      changes: changesOf(changeSet, platform),
    }))
  }

  async #delete(signal: typeof postDelete, { entity }: Rows): Promise<void> {
    await this.#send(signal, entity, () => ({ instance: entity }))
  }

  /**
   * Send in the flush's transaction. MikroORM refuses a flush inside a flush, so receivers get an entity manager
   * of their own in the same transaction; what they leave unwritten is written.
   */
  async #send<P>(signal: Signal<Model, P>, instance: AnyEntity, payload: () => P): Promise<void> {
    const model = this.#models.named(helper(instance).__meta.className)
    const scope = currentScope()
    if (model === undefined || scope === undefined || !signal.hasReceiversFor(model)) return
    const joined = new JoinedScope(scope)
    try {
      await scopes.run(joined, async () => {
        await signal.sendAsync(model, payload())
        await joined.flush()
      })
    } finally {
      joined.close()
    }
  }
}
