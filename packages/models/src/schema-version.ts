import { type Kysely, sql } from 'kysely'

import { MigrationError, SchemaNewerError } from './models-errors.ts'
import { libraryId, type OwnedMigration, type OwnedModels } from './owned-models.ts'
import type { RawDatabase } from './raw-database.ts'

const TABLE = 'aldis_migration'

/** The lock of PostgreSQL that upgrades take: any number that others do not use. */
const LOCK = '4702394921427289928'

/** A migration that ran, or the version of a library's schema. */
export interface Applied {
  readonly id: string
  /** When it ran; null where only the library knows. */
  readonly at: string | null
}

/** What a database has of the migrations. */
export interface SchemaStatus {
  /** Whether nothing was ever run. */
  readonly empty: boolean
  /** `plugin/name`, in the order in which they ran. */
  readonly applied: readonly Applied[]
  /** `plugin/name`, in the order in which they will run. */
  readonly pending: readonly string[]
}

/** Which migrations a database has, and the way to the newest. */
export class SchemaVersion {
  readonly #db: Kysely<unknown>
  readonly #models: OwnedModels
  readonly #raw: RawDatabase

  constructor(db: Kysely<unknown>, raw: RawDatabase, models: OwnedModels) {
    this.#db = db
    this.#raw = raw
    this.#models = models
  }

  /** @throws SchemaNewerError when the database has migrations of a loaded plugin that its code does not */
  async status(): Promise<SchemaStatus> {
    const applied = await this.#applied()
    const known = new Set(this.#models.migrations.map(({ id }) => id))
    const newer = applied.filter(({ id }) => !known.has(id) && this.#models.has(pluginOf(id)))
    const libraries = await this.#libraries()
    newer.push(...libraries.applied.filter(({ newer: is }) => is))
    if (newer.length > 0) throw new SchemaNewerError(newer.map(({ id }) => id))
    const done = new Set(applied.map(({ id }) => id))
    const pending = this.#models.migrations.filter(({ id }) => !done.has(id)).map(({ id }) => id)
    return {
      empty: applied.length === 0,
      applied: [...applied, ...libraries.applied.map(({ id, at }) => ({ id, at }))],
      pending: [...pending, ...libraries.pending],
    }
  }

  /** Which versions the libraries' schemas have, and which they need. */
  async #libraries(): Promise<{ applied: (Applied & { newer: boolean })[]; pending: string[] }> {
    const applied: (Applied & { newer: boolean })[] = []
    const pending: string[] = []
    for (const { plugin, schema, id } of this.#models.libraries) {
      const version = await schema.current(this.#raw)
      const newer = version !== undefined && version > schema.version
      if (version !== undefined) applied.push({ id: libraryId(plugin, schema, version), at: null, newer })
      if (version === undefined || version < schema.version) pending.push(id)
    }
    return { applied, pending }
  }

  /**
   * Upgrade the libraries' schemas that are older than the code, and return the ids of those that this process did.
   *
   * @throws MigrationError when one fails; those before it are kept
   */
  async upgradeLibraries(): Promise<readonly string[]> {
    const ran: string[] = []
    for (const { schema, id } of this.#models.libraries) {
      const from = await schema.current(this.#raw)
      if (from !== undefined && from >= schema.version) continue
      try {
        if (await schema.upgrade(this.#raw, from)) ran.push(id)
      } catch (cause) {
        throw new MigrationError(id, { cause })
      }
    }
    return ran
  }

  /**
   * Run what is pending, in load order, all in one transaction and under a lock: of processes that upgrade at once, one
   * does and the others find it done. `announce` is told before, by the one that does. Resolves with what this one ran.
   *
   * @throws MigrationError when one fails; nothing of the upgrade is kept
   */
  async upgrade(announce: (pending: readonly string[]) => Promise<void>): Promise<readonly string[]> {
    return this.#db.transaction().execute(async (db) => {
      await sql`select pg_advisory_xact_lock(${LOCK}::bigint)`.execute(db)
      await sql`
        create table if not exists ${sql.id(TABLE)} (name text primary key, timestamp text not null)`.execute(
        db,
      )
      const applied = await sql<{ name: string }>`select name from ${sql.id(TABLE)}`.execute(db)
      const done = new Set(applied.rows.map(({ name }) => name))
      const pending = this.#models.migrations.filter(({ id }) => !done.has(id))
      const ids = pending.map(({ id }) => id)
      await announce(ids)
      for (const migration of pending) await run(migration, db)
      return ids
    })
  }

  async #applied(): Promise<readonly Applied[]> {
    const { rows: found } = await sql<{ there: boolean }>`
      select to_regclass(${TABLE}) is not null as there`.execute(this.#db)
    if (found[0]?.there !== true) return []
    const { rows } = await sql<{ id: string; at: string }>`
      select name as id, timestamp as at from ${sql.id(TABLE)} order by timestamp, name`.execute(this.#db)
    return rows
  }
}

async function run({ id, up }: OwnedMigration, db: Kysely<unknown>): Promise<void> {
  try {
    for (const statement of up) await sql.raw(statement).execute(db)
  } catch (cause) {
    throw new MigrationError(id, { cause })
  }
  await sql`
    insert into ${sql.id(TABLE)} (name, timestamp) values (${id}, ${new Date().toISOString()})`.execute(db)
}

/** The plugin of the migration `id`. */
export function pluginOf(id: string): string {
  return id.split('/', 1)[0] ?? id
}
