import { messageOf, type Logger } from '@aldis/core'
import {
  MikroORM,
  type AbstractSqlConnection,
  type AbstractSqlDriver,
  type Configuration,
  type Options,
} from '@mikro-orm/sql'

import { nameOf, type DatabaseLocation } from './database-location.ts'
import { EmbeddedDriver, IN_MEMORY } from './embedded-driver.ts'
import { EntityManager } from './entity-manager.ts'
import type { IModels } from './imodels.ts'
import { ModelSignalSender } from './model-signal-sender.ts'
import { DatabaseUnusableError, SchemaOlderError } from './models-errors.ts'
import type { OwnedModels } from './owned-models.ts'
import { rawDatabaseOf, type RawDatabase } from './raw-database.ts'
import { SchemaVersion, type SchemaStatus } from './schema-version.ts'
import { ServerDriver } from './server-driver.ts'

/** An open database with the models of all plugins. */
export class Database {
  readonly location: DatabaseLocation
  readonly models: OwnedModels
  readonly logger: Logger
  readonly schema: SchemaVersion
  readonly raw: RawDatabase
  readonly #orm: MikroORM
  readonly signals: ModelSignalSender
  readonly #em: EntityManager
  #status: SchemaStatus = { empty: true, applied: [], pending: [] }

  private constructor(location: DatabaseLocation, models: OwnedModels, logger: Logger, orm: MikroORM) {
    this.location = location
    this.models = models
    this.logger = logger
    this.#orm = orm
    this.#em = entityManagerOf(orm)
    this.#em.logger = logger
    this.signals = new ModelSignalSender(models)
    this.signals.install(this.#em)
    const connection: AbstractSqlConnection = this.#em.getConnection('write')
    this.raw = rawDatabaseOf(location, connection.getClient(), connection)
    this.schema = new SchemaVersion(connection.getClient(), this.raw, models)
  }

  /**
   * Open the database at `location` with `models`. Migrations are not run.
   *
   * @throws DatabaseUnusableError when it cannot be reached
   * @throws SchemaNewerError when it is of a newer version
   */
  static async open(location: DatabaseLocation, models: OwnedModels, logger: Logger): Promise<Database> {
    const orm = await connect(location, models, logger)
    const database = new Database(location, models, logger, orm)
    try {
      await database.check()
    } catch (error) {
      await orm.close()
      throw error
    }
    return database
  }

  /** Look which migrations wait: until they have run, nobody gets an entity manager. */
  async check(): Promise<SchemaStatus> {
    this.#status = await this.schema.status()
    return this.#status
  }

  /** What the last look at the schema found. Another process may have upgraded it since. */
  get status(): SchemaStatus {
    return this.#status
  }

  /** @throws SchemaOlderError when migrations wait */
  refuseOlder(): void {
    const { pending } = this.#status
    if (pending.length > 0) throw new SchemaOlderError(pending)
  }

  /**
   * Take in the models of `plugin`, which was loaded after the database had been opened.
   *
   * @throws ModelsInvalidError when they cannot be used
   */
  add(plugin: string, source: IModels): void {
    this.#orm.discoverEntity([...this.models.add(plugin, source)])
  }

  /** Forget the models of `plugin`; its rows stay. */
  async remove(plugin: string): Promise<void> {
    this.#orm.discoverEntity([], [...this.models.remove(plugin)])
    await this.check()
  }

  /**
   * An entity manager with nothing in it.
   *
   * @throws SchemaOlderError when migrations wait
   */
  fork(): EntityManager {
    this.refuseOlder()
    const em = this.#em.fork({ cloneEventManager: true })
    this.signals.installInit(em)
    return em
  }

  async close(): Promise<void> {
    await this.#orm.close()
  }
}

async function connect(
  location: DatabaseLocation,
  { entities }: OwnedModels,
  logger: Logger,
): Promise<MikroORM> {
  const options = {
    entities: [...entities],
    entityManager: EntityManager,
    // A host without plugins that keep something is a host still.
    discovery: { warnWhenNoEntities: false },
    logger: (message: string) => logger.warn({}, message),
    colors: false,
    ...driverOf(location),
  }
  try {
    const orm = await MikroORM.init(options)
    await orm.connect()
    return orm
  } catch (error) {
    throw new DatabaseUnusableError(nameOf(location), messageOf(error), { cause: error })
  }
}

/** The options that differ. The drivers are named by what they have in common: their entity managers are ours. */
function driverOf(location: DatabaseLocation): Pick<
  Options,
  'clientUrl' | 'dbName' | 'driverOptions' | 'pool'
> & {
  readonly driver: new (config: Configuration) => AbstractSqlDriver
} {
  if (location.kind === 'PostgreSQL') {
    return { driver: ServerDriver, clientUrl: location.url, pool: { max: location.poolSize } }
  }
  const { folder } = location
  return {
    driver: EmbeddedDriver,
    dbName: folder === null ? IN_MEMORY : 'postgres',
    driverOptions: {
      // Without this, it takes 130 MB more.
      postgresqlconf: ['shared_buffers = 16MB'],
      ...(folder !== null && { dataDir: folder }),
    },
  }
}

function entityManagerOf({ em }: MikroORM): EntityManager {
  if (em instanceof EntityManager) return em
  throw new TypeError('MikroORM made an entity manager of another class than it was told to.')
}
