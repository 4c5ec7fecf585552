import { types, type PGlite } from '@electric-sql/pglite'
import { PgliteConnection } from '@mikro-orm/pglite'
import type { Connection } from '@mikro-orm/sql'
import { CompiledQuery, type Kysely } from 'kysely'

import type { DatabaseLocation } from './database-location.ts'
import { openDatabase } from './open-database.ts'

/** What a statement, or a text of several, returned. */
export interface RawResult {
  readonly rows: unknown[]
}

/**
 * The open database for libraries that bring SQL of their own. What they do is in no transaction of Aldis, and no
 * signal tells of it.
 */
export interface RawDatabase {
  readonly kind: 'PGlite' | 'PostgreSQL'
  /** The connection string of a server. It may hold a password: never show it. */
  readonly url: string | undefined
  /**
   * Run `text`: one statement with `values`, or several without. On the embedded database it waits for its turn.
   *
   * @throws SecondConnectionError inside a transaction, where the database has one connection
   */
  execute(text: string, values?: readonly unknown[]): Promise<RawResult>
  /** Hear what is notified on `channel`, until the result is called. The embedded database alone can do this here. */
  listen?(channel: string, onNotification: (payload: string) => void): Promise<() => Promise<void>>
}

/**
 * The open database, for libraries that bring SQL of their own.
 *
 * @throws DatabaseClosedError when no database is open
 */
export function rawDatabase(): RawDatabase {
  return openDatabase().raw
}

/** `connection` and the Kysely on it, as libraries get at them. */
export function rawDatabaseOf(
  location: DatabaseLocation,
  kysely: Kysely<unknown>,
  connection: Connection,
): RawDatabase {
  if (!(connection instanceof PgliteConnection)) {
    return {
      kind: 'PostgreSQL',
      url: location.kind === 'PostgreSQL' ? location.url : undefined,
      execute: (text, values = []) => onServer(kysely, text, values),
    }
  }
  const native = (): Promise<PGlite> => connection.getNativeClient()
  return {
    kind: 'PGlite',
    url: undefined,
    execute: (text, values = []) =>
      kysely.connection().execute(async () => embedded(await native(), text, values)),
    listen: (channel, onNotification) =>
      kysely.connection().execute(async () => {
        const stop = await (await native()).listen(channel, onNotification)
        return () => kysely.connection().execute(() => stop())
      }),
  }
}

/** Several statements may have begun a transaction when one of them fails: it ends here. */
const ROLLBACK = 'rollback'

function onServer(kysely: Kysely<unknown>, text: string, values: readonly unknown[]): Promise<RawResult> {
  return kysely.connection().execute(async (own) => {
    try {
      const { rows } = await own.executeQuery<unknown>(CompiledQuery.raw(text, [...values]))
      // Several statements have several results, which Kysely does not look for.
      return { rows: rows ?? [] }
    } catch (error) {
      if (values.length === 0) await own.executeQuery(CompiledQuery.raw(ROLLBACK)).catch(() => undefined)
      throw error
    }
  })
}

/** With the parsers that PGlite has by itself: MikroORM leaves dates as text. */
async function embedded(pglite: PGlite, text: string, values: readonly unknown[]): Promise<RawResult> {
  const { parsers } = types
  if (values.length > 0) return pglite.query(text, [...values], { parsers })
  try {
    const results = await pglite.exec(text, { parsers })
    return { rows: results.flatMap(({ rows }) => rows) }
  } catch (error) {
    await pglite.exec(ROLLBACK).catch(() => undefined)
    throw error
  }
}
