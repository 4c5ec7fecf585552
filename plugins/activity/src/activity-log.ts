import { messageOf, type Logger, type TransactionProvider, type User } from '@aldis/core'
import { beforeCommit, em, transaction, type EntityManager } from '@aldis/models'
import { Dataset, User as UserModel } from '@aldis/portal'

import { Activity } from './activity.ts'
import type { Entry, LateEntry } from './entry.ts'
import { toldOnce } from './told-once.ts'

/** The longest title that is kept. */
const MAX_TITLE = 300

/** What one transaction has done so far. */
interface Batch {
  readonly entries: (Entry | LateEntry)[]
  /** Who did it: of a transaction's entries, some know. */
  actor: User | null
}

/**
 * Writes down what is noted in the transaction that it happened in, as the last thing before the commit: what rolls back
 * was never noted. A failure to write undoes the writing alone, and goes to the log.
 */
export class ActivityLog {
  readonly #transactions: TransactionProvider
  readonly #logger: Logger
  readonly #batches = new WeakMap<EntityManager, Batch>()

  constructor(transactions: TransactionProvider, logger: Logger) {
    this.#transactions = transactions
    this.#logger = logger
  }

  /** Note that `actor` did what `entry` says, in the running transaction or in one of its own. */
  async note(actor: User | null, entry?: Entry | LateEntry): Promise<void> {
    const running = this.#transactions.current()
    if (running === undefined) return this.#transactions.run(() => this.note(actor, entry))
    // Gathered late: what is noted in a savepoint that rolls back must not be.
    running.beforeCommit(() => this.#gather(actor, entry))
  }

  #gather(actor: User | null, entry: Entry | LateEntry | undefined): void {
    const manager = em()
    const batch = this.#batches.get(manager) ?? this.#begin(manager)
    batch.actor ??= actor
    if (entry !== undefined) batch.entries.push(entry)
  }

  #begin(manager: EntityManager): Batch {
    const batch: Batch = { entries: [], actor: null }
    this.#batches.set(manager, batch)
    beforeCommit(() => {
      this.#batches.delete(manager)
      return this.#write(batch)
    })
    return batch
  }

  async #write({ entries, actor }: Batch): Promise<void> {
    try {
      await transaction(async (manager) => {
        const complete: Entry[] = []
        for (const entry of entries) {
          const found = typeof entry === 'function' ? await entry() : entry
          if (found !== undefined) complete.push(found)
        }
        for (const entry of toldOnce(complete)) manager.create(Activity, rowOf(entry, actor, manager))
      })
    } catch (error) {
      this.#logger.error({ err: error }, `activities were not written down: ${messageOf(error)}`)
    }
  }
}

function rowOf(
  { at, verb, subject, dataset, data = {}, ...entry }: Entry,
  known: User | null,
  manager: EntityManager,
) {
  const actor = entry.actor ?? known
  return {
    at,
    verb,
    subjectKind: subject.kind,
    subjectId: subject.id,
    subjectTitle: subject.title.slice(0, MAX_TITLE),
    actorName: actor?.name ?? null,
    actor: actor && manager.getReference(UserModel, actor.id),
    dataset: dataset === undefined ? null : manager.getReference(Dataset, dataset),
    data,
  }
}
