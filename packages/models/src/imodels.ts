import { defineInterface, type Interface } from '@aldis/core'

import type { Migration } from './migration.ts'
import type { Model } from './model.ts'
import type { RawDatabase } from './raw-database.ts'

/** A schema that a library of a plugin keeps in the database, with versions of its own. */
export interface LibrarySchema {
  /** The library's name as `aldis db status` shows it; unique in the plugin. */
  readonly name: string
  /** The version that the code needs. */
  readonly version: number
  /** The version that the database has; undefined when it has none. */
  current(database: RawDatabase): Promise<number | undefined>
  /**
   * Bring the database to {@link LibrarySchema.version}. Another process may do the same at once: both must end well, and
   * one of the two resolves with true, for what it did.
   */
  upgrade(database: RawDatabase, from: number | undefined): Promise<boolean>
}

/** What a plugin adds to the database. */
export interface PluginModels {
  /** What `defineEntity` returned. */
  readonly entities: readonly Model[]
  /** In the order of their numbers. */
  readonly migrations: readonly Migration[]
  /** Upgraded with the migrations and after them, each outside their transaction. @defaultValue none */
  readonly libraries?: readonly LibrarySchema[]
}

/**
 * Implemented by plugins that keep something in the database.
 *
 * @example
 * ```ts
 * import { defineEntity, p, type IModels, type PluginModels } from '@aldis/models'
 *
 * const Note = defineEntity({ name: 'Note', properties: { id: p.uuid().primary(), text: p.string() } })
 *
 * export default class NotesPlugin implements IModels {
 *   getModels(): PluginModels {
 *     const up = ['create table note (id uuid primary key, text text not null)']
 *     return { entities: [Note], migrations: [{ name: '0001_notes', up }] }
 *   }
 * }
 * ```
 */
export interface IModels {
  /** Asked for once per load, when the database opens, or when the plugin comes later. */
  getModels(): PluginModels
}

export const IModels: Interface<IModels> = defineInterface<IModels>('models:IModels', ['getModels'])
