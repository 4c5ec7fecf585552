import { setTimeout } from 'node:timers/promises'

import { messageOf, type Logger } from '@aldis/core'

import { DatastoreInputError } from './datastore-input-error.ts'
import { loadFile, noteFailedLoad, type FileTableOptions } from './file-table.ts'

/** How long the request that brought a file waits for its table. A larger file is loaded after the answer. */
const waitMs = 5_000

/** Loads files into tables, one after another. What fails is logged and noted on the resource. */
export class FileLoads {
  readonly #options: FileTableOptions
  readonly #logger: Logger
  readonly #waiting = new Set<string>()
  #last: Promise<void> = Promise.resolve()

  constructor(options: FileTableOptions, logger: Logger) {
    this.#options = options
    this.#logger = logger
  }

  /** Load the file of the resource `id`. Resolves when that is done, or goes on and takes longer than anybody should wait. */
  async add(id: string): Promise<void> {
    if (!this.#waiting.has(id)) {
      this.#waiting.add(id)
      this.#last = this.#last.then(() => this.#load(id))
    }
    const done = new AbortController()
    const enough = setTimeout(waitMs, undefined, { ref: false, signal: done.signal }).catch(() => undefined)
    await Promise.race([this.#last, enough])
    done.abort()
  }

  /** Resolves when nothing is loaded any more. Abort the options' signal first. */
  async settled(): Promise<void> {
    await this.#last
  }

  async #load(id: string): Promise<void> {
    // From here on another file of the resource is another load.
    this.#waiting.delete(id)
    if (this.#options.signal.aborted) return
    try {
      await loadFile(id, this.#options)
    } catch (error) {
      await this.#failed(id, error)
    }
  }

  async #failed(id: string, error: unknown): Promise<void> {
    const known = error instanceof DatastoreInputError
    const problem = known
      ? Object.values(error.problems).flat().join(' ')
      : 'The file could not be loaded into a table.'
    // Errors of the database carry the rows with them, which are not for the log.
    const stack = !known && error instanceof Error ? { stack: error.stack } : {}
    this.#logger.warn({ resource: id, ...stack }, `a file was not loaded: ${problem}`)
    if (this.#options.signal.aborted) return
    try {
      await noteFailedLoad(id, problem)
    } catch (cause) {
      this.#logger.error(
        { resource: id },
        `that a file was not loaded could not be noted: ${messageOf(cause)}`,
      )
    }
  }
}
