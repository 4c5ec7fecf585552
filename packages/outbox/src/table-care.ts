import type { Logger } from '@aldis/core'
import { rawDatabase } from '@aldis/models'

import { SCHEMA } from './boss-schema.ts'

/** pg-boss keeps the jobs of all queues in it. */
const TABLE = `${SCHEMA}.job`
/** After how many jobs the table is looked after first, and after how many more again. */
const FIRST = 500
const NEXT = 20_000

/**
 * Has the database find out what its table of jobs is like. Without that it reads all that waits for each batch: on a
 * server up to a minute, until it finds out by itself, and embedded, where nothing does this, for ever.
 */
export class TableCare {
  readonly #logger: Logger
  #due = FIRST
  #done: Promise<void> = Promise.resolve()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Resolves when nothing is being looked after. Never rejects. */
  get done(): Promise<void> {
    return this.#done
  }

  /** `count` more jobs have been taken. */
  taken(count: number): void {
    this.#due -= count
    if (this.#due <= 0) this.#done = this.#look()
  }

  async #look(): Promise<void> {
    const database = rawDatabase()
    const embedded = database.kind === 'PGlite'
    this.#due = embedded ? NEXT : Infinity
    try {
      await database.execute(embedded ? `vacuum (analyze) ${TABLE}` : `analyze ${TABLE}`)
    } catch (err) {
      this.#logger.warn(
        { err },
        'the database could not look after the table of jobs: taking them may be slow',
      )
    }
  }
}
