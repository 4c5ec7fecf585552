import { type Kysely, sql } from 'kysely'
import { type Migration as KyselyMigration, Migrator } from 'kysely/migration'

import { MigrationError, SchemaNewerError } from './models-errors.ts'
import type { OwnedMigration, OwnedModels } from './owned-models.ts'

const TABLE = 'aldis_migration'
const LOCK_TABLE = 'aldis_migration_lock'

/** What a database has of the migrations. */
export interface SchemaStatus {
  /** Whether nothing was ever run. */
  readonly empty: boolean
  /** `plugin/name`, in the order in which they ran. */
  readonly applied: readonly { readonly id: string; readonly at: string }[]
  /** `plugin/name`, in the order in which they will run. */
  readonly pending: readonly string[]
}

/** Which migrations a database has, and the way to the newest. */
export class SchemaVersion {
  readonly #db: Kysely<unknown>
  readonly #models: OwnedModels

  constructor(db: Kysely<unknown>, models: OwnedModels) {
    this.#db = db
    this.#models = models
  }

  /** @throws SchemaNewerError when the database has migrations of a loaded plugin that its code does not */
  async status(): Promise<SchemaStatus> {
    const applied = await this.#applied()
    const known = new Set(this.#models.migrations.map(({ id }) => id))
    const newer = applied.filter(({ id }) => !known.has(id) && this.#models.has(pluginOf(id)))
    if (newer.length > 0) throw new SchemaNewerError(newer.map(({ id }) => id))
    const done = new Set(applied.map(({ id }) => id))
    const pending = this.#models.migrations.filter(({ id }) => !done.has(id)).map(({ id }) => id)
    return { empty: applied.length === 0, applied, pending }
  }

  /**
   * Run what is pending, all in one transaction and under a lock: of processes that upgrade at once, one does
   * and the others find it done. Resolves with what this one ran.
   *
   * @throws MigrationError when one fails; nothing of the upgrade is kept
   */
  async upgrade(): Promise<readonly OwnedMigration[]> {
    const { migrations } = this.#models
    const applied = await this.#applied()
    const order = new Map(migrations.map(({ id }, index) => [id, index]))
    const migrator = new Migrator({
      db: this.#db,
      migrationTableName: TABLE,
      migrationLockTableName: LOCK_TABLE,
      // A plugin that is enabled later brings migrations that come before others in load order.
      allowUnorderedMigrations: true,
      nameComparator: (a, b) => (order.get(a) ?? -1) - (order.get(b) ?? -1),
      provider: {
        getMigrations: () => {
          // Those of plugins that are not loaded stay as they are.
          const run: Record<string, KyselyMigration> = {}
          for (const { id } of applied) run[id] = { up: () => Promise.resolve() }
          for (const migration of migrations) run[migration.id] = { up: (db) => runAll(migration, db) }
          return Promise.resolve(run)
        },
      },
    })
    const { error, results = [] } = await migrator.migrateToLatest()
    const failed = results.find(({ status }) => status === 'Error')
    if (error !== undefined)
      throw new MigrationError(failed?.migrationName ?? 'of the schema', { cause: error })
    const ran = new Set(results.map(({ migrationName }) => migrationName))
    return migrations.filter(({ id }) => ran.has(id))
  }

  async #applied(): Promise<readonly { readonly id: string; readonly at: string }[]> {
    const { rows: found } = await sql<{ there: boolean }>`
      select to_regclass(${TABLE}) is not null as there`.execute(this.#db)
    if (found[0]?.there !== true) return []
    const { rows } = await sql<{ id: string; at: string }>`
      select name as id, timestamp as at from ${sql.id(TABLE)} order by timestamp, name`.execute(this.#db)
    return rows
  }
}

async function runAll({ up }: OwnedMigration, db: Kysely<unknown>): Promise<void> {
  for (const statement of up) await sql.raw(statement).execute(db)
}

/** The plugin of the migration `id`. */
export function pluginOf(id: string): string {
  return id.split('/', 1)[0] ?? id
}
