/** Hears of every statement that this process sends to its database, by wrapping the drivers below the product. */
import { PGlite } from '@electric-sql/pglite'
import { Client } from 'pg'

/** Called with the text of a statement. */
export interface StatementListener {
  readonly before: (sql: string) => void
  /** The database has done it, and has said so. `found`: whether with rows, where that is known. */
  readonly after: (sql: string, found?: boolean) => void
}

/** Tell `listener` of all statements from now on, on each database. */
export function tapStatements(listener: StatementListener): void {
  tapServer(listener)
  tapEmbedded(listener)
}

function tapServer({ before, after }: StatementListener): void {
  Client.prototype.query = new Proxy(Client.prototype.query, {
    apply(query, self: unknown, args: unknown[]): unknown {
      const sql = textOf(args[0])
      if (sql === undefined) return Reflect.apply(query, self, args)
      before(sql)
      const done: unknown = args.at(-1)
      if (typeof done === 'function') {
        const told = (...results: unknown[]): unknown => {
          if (!(results[0] instanceof Error)) after(sql, hasRows(results[1]))
          return Reflect.apply(done, undefined, results)
        }
        return Reflect.apply(query, self, [...args.slice(0, -1), told])
      }
      const result: unknown = Reflect.apply(query, self, args)
      if (!(result instanceof Promise)) return result
      return result.then((value: unknown) => {
        after(sql, hasRows(value))
        return value
      })
    },
  })
}

function textOf(query: unknown): string | undefined {
  if (typeof query === 'string') return query
  if (typeof query !== 'object' || query === null || !('text' in query)) return undefined
  return typeof query.text === 'string' ? query.text : undefined
}

function hasRows(result: unknown): boolean {
  if (typeof result !== 'object' || result === null || !('rows' in result)) return false
  return Array.isArray(result.rows) && result.rows.length > 0
}

/** The first bytes of PostgreSQL's messages. */
const QUERY = 'Q'.charCodeAt(0)
const PARSE = 'P'.charCodeAt(0)
const EXECUTE = 'E'.charCodeAt(0)
const SYNC = 'S'.charCodeAt(0)

/** PGlite speaks PostgreSQL's protocol with itself, one message at a time. */
function tapEmbedded({ before, after }: StatementListener): void {
  let parsed = ''
  let executed: string | undefined
  PGlite.prototype.execProtocolRawSync = new Proxy(PGlite.prototype.execProtocolRawSync, {
    apply(send, self: unknown, args: [Uint8Array]): unknown {
      const [message] = args
      const kind = message[0]
      if (kind === PARSE) parsed = textIn(message, 1)
      const sql = kind === QUERY ? textIn(message, 0) : kind === EXECUTE ? parsed : undefined
      if (sql !== undefined) before(sql)
      const answer: unknown = Reflect.apply(send, self, args)
      if (kind === QUERY && sql !== undefined) after(sql)
      if (kind === EXECUTE) executed = sql
      // Outside a transaction it is this that commits.
      if (kind === SYNC && executed !== undefined) {
        const done = executed
        executed = undefined
        after(done)
      }
      return answer
    },
  })
}

/** The text after `skipped` others, each ended by a zero; a message begins with its kind and its length. */
function textIn(message: Uint8Array, skipped: number): string {
  let start = 5
  for (let count = 0; count < skipped; count++) start = message.indexOf(0, start) + 1
  return Buffer.from(message.subarray(start, message.indexOf(0, start))).toString()
}
