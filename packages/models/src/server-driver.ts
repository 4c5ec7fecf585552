import { PostgreSqlConnection, PostgreSqlPlatform } from '@mikro-orm/postgresql'
import { AbstractSqlDriver, type Configuration } from '@mikro-orm/sql'

import { GuardedDriver } from './guarded-driver.ts'

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
}
