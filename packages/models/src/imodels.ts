import { defineInterface, type Interface } from '@aldis/core'

import type { Migration } from './migration.ts'
import type { Model } from './model.ts'

/** What a plugin adds to the database. */
export interface PluginModels {
  /** What `defineEntity` returned. */
  readonly entities: readonly Model[]
  /** In the order of their numbers. */
  readonly migrations: readonly Migration[]
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
