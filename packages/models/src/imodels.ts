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

/** Implemented by plugins that keep something in the database. */
export interface IModels {
  /** Asked for once, when the database opens. */
  getModels(): PluginModels
}

export const IModels: Interface<IModels> = defineInterface<IModels>('models:IModels', ['getModels'])
