import { helper, Utils, type AnyEntity, type FlushEventArgs } from '@mikro-orm/sql'

import type { EntityManager } from './entity-manager.ts'

/**
 * What a savepoint changes of the instances of the entity manager around it, so that these can be as their rows are
 * again when it is undone. Both entity managers share the instances.
 */
export class SavepointUndo {
  readonly #em: EntityManager
  readonly #written = new Set<AnyEntity>()

  constructor(em: EntityManager) {
    this.#em = em
  }

  /** Remember what `inner` writes, the savepoint's entity manager. */
  watch(inner: EntityManager): void {
    inner.getEventManager().registerSubscriber({
      afterFlush: ({ uow }: FlushEventArgs) => {
        for (const { entity } of uow.getChangeSets()) this.#written.add(entity)
        for (const { owner } of uow.getCollectionUpdates()) this.#written.add(owner)
      },
    })
  }

  /** Read again what the savepoint has written, and what it has changed without writing it. */
  async run(): Promise<void> {
    const uow = this.#em.getUnitOfWork(false)
    // All was written before the savepoint, so what differs now was changed in it.
    uow.computeChangeSets()
    for (const { entity } of uow.getChangeSets()) this.#written.add(entity)
    for (const { owner } of uow.getCollectionUpdates()) this.#written.add(owner)
    for (const entity of this.#written) {
      const { __managed, __meta } = helper(entity)
      if (!__managed || uow.getOriginalEntityData(entity) === undefined) continue
      await this.#em.refresh(entity)
      for (const { name } of __meta.relations) {
        const value: unknown = entity[name]
        if (!Utils.isCollection(value) || !value.isInitialized()) continue
        value.setDirty(false)
        await value.init({ refresh: true })
      }
    }
  }
}
