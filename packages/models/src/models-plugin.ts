import { resolve } from 'node:path'

import { Host, PluginContext, settingsOf, TransactionProvider, type Injected, type IStartable } from '@aldis/core'

import { Database, type DatabaseLocation } from './database.ts'
import { lockFolder } from './folder-lock.ts'
import { IModels } from './imodels.ts'
import { setOpenDatabase } from './open-database.ts'
import { OwnedModels } from './owned-models.ts'
import { Settings } from './settings.ts'
import { transaction } from './transaction.ts'
import { currentScope } from './transaction-scope.ts'
import { upgrade } from './upgrade.ts'

/** The database as a plugin: opened with the models of all plugins, and the provider of transactions. */
export default class ModelsPlugin implements IStartable {
  static readonly settings = Settings
  static readonly inject = [PluginContext, settingsOf(Settings), Host] as const

  readonly #context: PluginContext
  readonly #settings: Settings
  readonly #host: Host

  constructor(...[context, settings, host]: Injected<typeof ModelsPlugin.inject>) {
    this.#context = context
    this.#settings = settings
    this.#host = host
    context.provide(TransactionProvider, () => ({ current: currentScope, run: (body) => transaction(body) }))
  }

  /**
   * Open the database, and make its schema when it is empty.
   *
   * @throws DatabaseLockedError when another process has the embedded database open
   * @throws DatabaseUnusableError when it cannot be reached
   * @throws SchemaNewerError when it is of a newer version than the code
   */
  async start(): Promise<void> {
    const { resources, logger } = this.#context
    const location = this.#location
    if (location.kind === 'PGlite' && location.folder !== null) {
      resources.use(await lockFolder(location.folder))
    }
    const models = new OwnedModels(this.#host.implementations(IModels))
    const database = await Database.open(location, models, logger)
    resources.defer(async () => {
      setOpenDatabase(undefined)
      await database.close()
    })
    setOpenDatabase(database)
    const { empty } = await database.schema.status()
    if (empty) await upgrade(database, 'start', { tell: (line) => logger.info({}, line), ask: undefined })
  }

  get #location(): DatabaseLocation {
    const { folder, url, poolSize } = this.#settings
    const chosen = process.env['DATABASE_URL'] || url
    if (chosen !== undefined) return { kind: 'PostgreSQL', url: chosen, poolSize }
    return { kind: 'PGlite', folder: folder === null ? null : resolve(folder) }
  }
}
