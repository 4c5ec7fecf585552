import { once } from 'node:events'

import {
  Host,
  PluginContext,
  settingsOf,
  TransactionProvider,
  type Command,
  type ICommands,
  type Injected,
  type IPluginObserver,
  type IService,
  type IStartable,
  type ObservedPlugin,
} from '@aldis/core'

import { databaseCommands } from './database-commands.ts'
import { Database } from './database.ts'
import { locationOf } from './database-location.ts'
import { lockFolder } from './folder-lock.ts'
import { IModels } from './imodels.ts'
import { SchemaOlderError } from './models-errors.ts'
import { setOpenDatabase } from './open-database.ts'
import { OwnedModels } from './owned-models.ts'
import { makeFolderPrivate } from './private-folder.ts'
import { pluginOf } from './schema-version.ts'
import { Settings } from './settings.ts'
import { transaction } from './transaction.ts'
import { currentScope } from './transaction-scope.ts'
import { upgrade } from './upgrade.ts'

/** The database as a plugin: opened with the models of all plugins, and the provider of transactions. */
export default class ModelsPlugin implements IStartable, IService, ICommands, IPluginObserver {
  static readonly settings = Settings
  static readonly inject = [PluginContext, settingsOf(Settings), Host] as const

  readonly #context: PluginContext
  readonly #settings: Settings
  readonly #host: Host
  #database: Database | undefined

  constructor(...[context, settings, host]: Injected<typeof ModelsPlugin.inject>) {
    this.#context = context
    this.#settings = settings
    this.#host = host
    context.provide(TransactionProvider, () => ({ current: currentScope, run: (body) => transaction(body) }))
  }

  getCommands(): readonly Command[] {
    return databaseCommands
  }

  /**
   * Open the database, and make its schema when it is empty. One that is older than the code is opened too, so that
   * it can be upgraded; until then nobody gets at what is in it.
   *
   * @throws DatabaseLockedError when another process has the embedded database open
   * @throws DatabaseUnusableError when it cannot be reached
   * @throws SchemaNewerError when it is of a newer version than the code
   */
  async start(): Promise<void> {
    const { resources, logger } = this.#context
    const location = locationOf(this.#settings)
    if (location.kind === 'PGlite' && location.folder !== null) {
      resources.use(lockFolder(location.folder))
      makeFolderPrivate(location.folder)
    }
    const models = new OwnedModels(this.#contributions())
    const database = await Database.open(location, models, logger)
    resources.defer(async () => {
      this.#database = undefined
      setOpenDatabase(undefined)
      await database.close()
    })
    this.#database = database
    setOpenDatabase(database)
    // As it was when it was opened: where another process makes it at the same time, this one waits for that.
    if (database.status.empty) await this.#upgrade(database)
  }

  /** @throws SchemaOlderError when migrations wait */
  async serve(signal: AbortSignal, ready: () => void): Promise<void> {
    this.#database?.refuseOlder()
    ready()
    if (!signal.aborted) await once(signal, 'abort')
  }

  beforeLoad(): void {}

  /** A plugin that comes while the database is open brings its models; what it never had in the database is made. */
  async afterLoad({ name, instance }: ObservedPlugin): Promise<void> {
    const database = this.#database
    if (database === undefined || !IModels.implementedBy(instance)) return
    database.add(name, instance)
    // Until its tables are there, nobody gets at the database.
    const { applied, pending } = await database.check()
    const others = pending.some((id) => pluginOf(id) !== name)
    const known = applied.some(({ id }) => pluginOf(id) === name)
    if (pending.length > 0 && (others || known)) throw new SchemaOlderError(pending)
    await this.#upgrade(database)
  }

  beforeUnload(): void {}

  async afterUnload({ name }: ObservedPlugin): Promise<void> {
    await this.#database?.remove(name)
  }

  /** In load order: the migrations of a plugin come after those of what it requires, wherever the configuration has it. */
  #contributions(): readonly { readonly name: string; readonly plugin: IModels }[] {
    const order = this.#host.plugins.map(({ name }) => name)
    return this.#host
      .implementations(IModels)
      .toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name))
  }

  async #upgrade(database: Database): Promise<void> {
    const { logger } = this.#context
    await upgrade(database, 'start', { tell: (line) => logger.info({}, line), ask: undefined })
  }
}
