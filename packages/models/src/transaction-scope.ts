import { AsyncLocalStorage } from 'node:async_hooks'

import type { Transaction } from '@aldis/core'

import type { EntityManager } from './entity-manager.ts'
import { TransactionFailedError } from './models-errors.ts'

type Body = () => void | Promise<void>

/** A transaction, or a savepoint in it, as the code inside sees it. */
export class TransactionScope implements Transaction {
  /** What this is a savepoint in. */
  readonly outer: TransactionScope | undefined
  readonly before: Body[] = []
  readonly last: Body[] = []
  readonly after: Body[] = []
  #open = true
  #failure: { readonly error: unknown } | undefined
  #turn: Promise<unknown> = Promise.resolve()
  readonly #em: EntityManager

  constructor(em: EntityManager, outer?: TransactionScope) {
    this.#em = em
    this.outer = outer
  }

  get em(): EntityManager {
    return this.#em
  }

  beforeCommit(body: Body): void {
    this.before.push(body)
  }

  lastBeforeCommit(body: Body): void {
    this.last.push(body)
  }

  afterCommit(body: Body): void {
    this.after.push(body)
  }

  get open(): boolean {
    return this.#open
  }

  /** A flush failed half way: what it wrote is there, and must not be kept. */
  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /** @throws TransactionFailedError when something in it failed */
  refuseFailed(): void {
    if (this.#failure) throw new TransactionFailedError(this.#failure.error)
  }

  /** It was released: what it has for the commit is for that of the transaction around it. */
  handOver(): void {
    for (const body of this.before) this.outer?.beforeCommit(body)
    for (const body of this.last) this.outer?.lastBeforeCommit(body)
    for (const body of this.after) this.outer?.afterCommit(body)
  }

  /**
   * Run `savepoint` when those before it are done: savepoints of one transaction end in the reverse order
   * of their beginning, whatever runs at once. Who asks from inside of one does not wait for it.
   */
  inTurn<T>(savepoint: () => Promise<T>): Promise<T> {
    if (isInside(scopes.getStore(), this)) return savepoint()
    const turn = this.#turn.then(savepoint)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  /** The transaction is over: code that it started and nobody awaited is in the one around it, or outside. */
  close(): void {
    this.#open = false
  }
}

/** The same transaction with an entity manager of its own, made when it is asked for. */
export class JoinedScope extends TransactionScope {
  readonly #joined: TransactionScope
  #own: EntityManager | undefined

  constructor(joined: TransactionScope) {
    super(joined.em, joined)
    this.#joined = joined
  }

  override get em(): EntityManager {
    return (this.#own ??= this.#joined.em.joined(this))
  }

  /** Write what was changed through its entity manager, if anybody asked for that. */
  async flush(): Promise<void> {
    await this.#own?.flush()
  }

  override beforeCommit(body: Body): void {
    this.#joined.beforeCommit(body)
  }

  override lastBeforeCommit(body: Body): void {
    this.#joined.lastBeforeCommit(body)
  }

  override afterCommit(body: Body): void {
    this.#joined.afterCommit(body)
  }

  override fail(error: unknown): void {
    this.#joined.fail(error)
  }
}

export const scopes: AsyncLocalStorage<TransactionScope> = new AsyncLocalStorage()

/** The transaction that the running code is in. */
export function currentScope(): TransactionScope | undefined {
  let scope = scopes.getStore()
  while (scope !== undefined && !scope.open) scope = scope.outer
  return scope
}

/** Whether `scope` is a savepoint in `outer`, directly or not. */
function isInside(scope: TransactionScope | undefined, outer: TransactionScope): boolean {
  return scope?.outer !== undefined && (scope.outer === outer || isInside(scope.outer, outer))
}
