/**
 * One step of a plugin's schema, forward only. Once released it is never changed: a
 * correction is a new migration.
 */
export interface Migration {
  /** Four digits and a name, such as `0001_users`; unique in the plugin. */
  readonly name: string
  /** SQL statements, one each. All pending migrations of an upgrade run in one transaction. */
  readonly up: readonly string[]
}
