import { AsyncLocalStorage } from 'node:async_hooks'

import type { Transaction } from '@aldis/core'

import type { EntityManager } from './entity-manager.ts'

type Body = () => void | Promise<void>

/** A transaction, or a savepoint in it, as the code inside sees it. */
export class TransactionScope implements Transaction {
  readonly em: EntityManager
  readonly before: Body[] = []
  readonly after: Body[] = []
  #open = true

  constructor(em: EntityManager) {
    this.em = em
  }

  beforeCommit(body: Body): void {
    this.before.push(body)
  }

  afterCommit(body: Body): void {
    this.after.push(body)
  }

  get open(): boolean {
    return this.#open
  }

  /** The transaction is over: code that it started and nobody awaited is outside now. */
  close(): void {
    this.#open = false
  }
}

/** The same transaction with another entity manager. It ends when that one does. */
export class JoinedScope extends TransactionScope {
  readonly #outer: TransactionScope

  constructor(outer: TransactionScope, em: EntityManager) {
    super(em)
    this.#outer = outer
  }

  override beforeCommit(body: Body): void {
    this.#outer.beforeCommit(body)
  }

  override afterCommit(body: Body): void {
    this.#outer.afterCommit(body)
  }

  override get open(): boolean {
    return super.open && this.#outer.open
  }
}

export const scopes: AsyncLocalStorage<TransactionScope> = new AsyncLocalStorage()

/** The transaction that the running code is in. */
export function currentScope(): TransactionScope | undefined {
  const scope = scopes.getStore()
  return scope?.open === true ? scope : undefined
}
