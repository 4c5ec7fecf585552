import type { EntitySchema } from '@mikro-orm/sql'

import type { IModels } from './imodels.ts'
import { ModelsInvalidError } from './models-errors.ts'
import type { Migration } from './migration.ts'
import type { Model } from './model.ts'

/** A migration with the plugin that it belongs to. */
export interface OwnedMigration extends Migration {
  readonly plugin: string
  /** `plugin/name`, as the database keeps it. */
  readonly id: string
}

const NAME = /^\d{4}_[a-z0-9_]+$/

/** The models of all plugins, checked: every name has one owner, every migration its number. */
export class OwnedModels {
  readonly entities: readonly (Model & EntitySchema)[]
  /** By plugin in load order, then by number. */
  readonly migrations: readonly OwnedMigration[]
  readonly plugins: readonly string[]
  readonly #byName = new Map<string, Model & EntitySchema>()

  /** @throws ModelsInvalidError when two plugins' entities share a name, or migrations are not numbered in order */
  constructor(contributions: readonly { readonly name: string; readonly plugin: IModels }[]) {
    const migrations: OwnedMigration[] = []
    for (const { name: plugin, plugin: source } of contributions) {
      const models = source.getModels()
      for (const entity of models.entities) this.#add(plugin, entity)
      let last = ''
      for (const migration of models.migrations) {
        const { name } = migration
        if (!NAME.test(name)) {
          throw new ModelsInvalidError(plugin, `the migration "${name}" is not named as 0001_what_it_does.`)
        }
        if (name.slice(0, 4) <= last.slice(0, 4)) {
          throw new ModelsInvalidError(plugin, `the migration "${name}" does not come after "${last}".`)
        }
        last = name
        migrations.push({ ...migration, plugin, id: `${plugin}/${name}` })
      }
    }
    this.entities = [...this.#byName.values()]
    this.migrations = migrations
    this.plugins = contributions.map(({ name }) => name)
  }

  /** What `defineEntity` returned for the entity `name`. */
  named(name: string): (Model & EntitySchema) | undefined {
    return this.#byName.get(name)
  }

  #add(plugin: string, entity: Model): void {
    if (!isSchema(entity)) {
      throw new ModelsInvalidError(plugin, 'an entity is not what defineEntity(…) returned.')
    }
    if (this.#byName.has(entity.name)) {
      throw new ModelsInvalidError(plugin, `there is an entity "${entity.name}" already. Rename one.`)
    }
    this.#byName.set(entity.name, entity)
  }
}

function isSchema(entity: Model): entity is Model & EntitySchema {
  return 'meta' in entity && 'properties' in entity
}
