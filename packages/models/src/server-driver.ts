import { PostgreSqlConnection, PostgreSqlPlatform } from '@mikro-orm/postgresql'
import { AbstractSqlDriver, type Collection, type Configuration } from '@mikro-orm/sql'

import { GuardedDriver } from './guarded-driver.ts'
import { openDatabase } from './open-database.ts'

type Dialect = ReturnType<PostgreSqlConnection['createKyselyDialect']>

class ServerConnection extends PostgreSqlConnection {
  override createKyselyDialect(
    overrides: Parameters<PostgreSqlConnection['createKyselyDialect']>[0],
  ): Dialect {
    const dialect = super.createKyselyDialect(overrides)
    const createDriver = dialect.createDriver.bind(dialect)
    dialect.createDriver = () => new GuardedDriver(createDriver())
    return dialect
  }
}

/** MikroORM's driver for PostgreSQL. */
export class ServerDriver extends AbstractSqlDriver<ServerConnection, PostgreSqlPlatform> {
  constructor(config: Configuration) {
    super(config, new PostgreSqlPlatform(), ServerConnection, ['kysely', 'pg'])
  }

  override async syncCollections<T extends object, O extends object>(
    collections: Iterable<Collection<T, O>>,
    options?: Parameters<AbstractSqlDriver['syncCollections']>[1],
  ): Promise<void> {
    await openDatabase().signals.aroundRelations(collections, () =>
      super.syncCollections(collections, options),
    )
  }
}
