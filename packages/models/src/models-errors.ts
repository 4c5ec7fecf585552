import { AldisError, messageOf } from '@aldis/core'

/** The database is used before the plugin `models` has started, or after it has stopped. */
export class DatabaseClosedError extends AldisError {
  readonly code = 'DATABASE_CLOSED'

  constructor() {
    super(
      'The database is not open. Enable the plugin "models", name it in "requires" of the plugin that uses it, ' +
        'and use the database only between the start and the stop of the host.',
    )
  }
}

/** Something needs a transaction and there is none. */
export class NoTransactionError extends AldisError {
  readonly code = 'NO_TRANSACTION'

  constructor(name: string) {
    super(`${name}() was called outside a transaction. Call it inside the body of transaction(…).`)
  }
}

/** The embedded database has one connection, and code inside a transaction asked for a second. */
export class SecondConnectionError extends AldisError {
  readonly code = 'SECOND_CONNECTION'

  constructor() {
    super(
      'Inside a transaction, something asked the embedded database for a second connection; it has one, so this would ' +
        'wait for itself. Use em(), or the entity manager that transaction(…) gives its body, instead of one made outside; ' +
        'transaction(…) inside a transaction is a savepoint.',
    )
  }
}

/** Something in a transaction failed, the error was caught, and the transaction was to be committed all the same. */
export class TransactionFailedError extends AldisError {
  readonly code = 'TRANSACTION_FAILED'

  constructor(cause: unknown) {
    super(
      'A statement or a flush in this transaction failed and its error was caught, so nothing of the transaction can be ' +
        `kept: ${messageOf(cause)}. Let the error through, or put what may fail into a transaction(…) of its own inside, ` +
        'which is a savepoint, and catch it outside that.',
      { cause },
    )
  }
}

/** A transaction was begun by hand. */
export class ManualTransactionError extends AldisError {
  readonly code = 'MANUAL_TRANSACTION'

  constructor() {
    super(
      'em.begin() would begin a transaction that no receiver and no afterCommit(…) knows of. Use transaction(…).',
    )
  }
}

/** Another process has the embedded database open. */
export class DatabaseLockedError extends AldisError {
  readonly code = 'DATABASE_LOCKED'
  readonly folder: string
  readonly pid: number

  constructor(folder: string, pid: number) {
    super(
      `The embedded database in ${folder} is open in process ${pid}, and one process at a time can have it. Stop that ` +
        'process, run the command against it with the same configuration, or use PostgreSQL (DATABASE_URL).',
    )
    this.folder = folder
    this.pid = pid
  }
}

/** The database cannot be opened. */
export class DatabaseUnusableError extends AldisError {
  readonly code = 'DATABASE_UNUSABLE'

  constructor(what: string, reason: string, options?: ErrorOptions) {
    super(`The database ${what} cannot be opened: ${reason}`, options)
  }
}

/** Migrations wait to be run. */
export class SchemaOlderError extends AldisError {
  readonly code = 'SCHEMA_OLDER'
  readonly pending: readonly string[]

  constructor(pending: readonly string[]) {
    super(
      `The database is older than the code: ${pending.length} ${pending.length === 1 ? 'migration waits' : 'migrations wait'} ` +
        `(${pending.join(', ')}). ` +
        'Run "aldis db upgrade".',
    )
    this.pending = pending
  }
}

/** The database has migrations that the code does not. */
export class SchemaNewerError extends AldisError {
  readonly code = 'SCHEMA_NEWER'
  readonly unknown: readonly string[]

  constructor(unknown: readonly string[]) {
    super(
      `The database is newer than the code: it has the migrations ${unknown.join(', ')}, which the code does not know. ` +
        'Run the newer code, or restore a database of this version; there is no way back.',
    )
    this.unknown = unknown
  }
}

/** A plugin's models cannot be used. */
export class ModelsInvalidError extends AldisError {
  readonly code = 'MODELS_INVALID'
  readonly plugin: string

  constructor(plugin: string, problem: string) {
    super(`The models of the plugin "${plugin}" cannot be used: ${problem}`)
    this.plugin = plugin
  }
}

/** A migration failed. Nothing of the upgrade was kept. */
export class MigrationError extends AldisError {
  readonly code = 'MIGRATION_FAILED'
  readonly migration: string

  constructor(migration: string, options: ErrorOptions) {
    const { cause } = options
    super(
      `The migration ${migration} failed, and the whole upgrade is undone: ${cause instanceof Error ? cause.message : String(cause)}`,
      options,
    )
    this.migration = migration
  }
}

/** A reference names an entity that no loaded plugin has. */
export class ModelUnknownError extends AldisError {
  readonly code = 'MODEL_UNKNOWN'
  readonly entity: string

  constructor(entity: string) {
    super(`No loaded plugin has the entity "${entity}". Enable the plugin that keeps it.`)
    this.entity = entity
  }
}
