import type { Logger } from '../logger.ts'

/** One line that was logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** The line's fields, with those of the child loggers it went through. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string | undefined
}

/**
 * A logger that keeps its lines, for tests of what is logged.
 *
 * @example
 * ```ts
 * import { MemoryLogger } from '@aldis/core/testing'
 *
 * const logger = new MemoryLogger()
 * logger.child({ plugin: 'shop' }).warn({ left: 1 }, 'nearly sold out')
 * console.log(logger.lines[0]?.fields, logger.lines[0]?.message)
 * ```
 *
 * ```text
 * { plugin: 'shop', left: 1 } nearly sold out
 * ```
 */
export class MemoryLogger implements Logger {
  readonly lines: LogLine[]
  readonly #fields: Readonly<Record<string, unknown>>

  constructor(fields: Readonly<Record<string, unknown>> = {}, lines: LogLine[] = []) {
    this.#fields = fields
    this.lines = lines
  }

  debug(fields: object, message?: string): void {
    this.#add('debug', fields, message)
  }

  info(fields: object, message?: string): void {
    this.#add('info', fields, message)
  }

  warn(fields: object, message?: string): void {
    this.#add('warn', fields, message)
  }

  error(fields: object, message?: string): void {
    this.#add('error', fields, message)
  }

  child(fields: Record<string, unknown>): Logger {
    return new MemoryLogger({ ...this.#fields, ...fields }, this.lines)
  }

  #add(level: LogLine['level'], fields: object, message: string | undefined): void {
    this.lines.push({ level, fields: { ...this.#fields, ...fields }, message })
  }
}
