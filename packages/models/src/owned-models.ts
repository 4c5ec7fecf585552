import type { EntitySchema } from '@mikro-orm/sql'

import type { IModels, LibrarySchema } from './imodels.ts'
import { ModelsInvalidError } from './models-errors.ts'
import type { Migration } from './migration.ts'
import type { Model } from './model.ts'

/** A migration with the plugin that it belongs to. */
export interface OwnedMigration extends Migration {
  readonly plugin: string
  /** `plugin/name`, as the database keeps it. */
  readonly id: string
}

/** A library's schema with the plugin that it belongs to. */
export interface OwnedLibrary {
  readonly plugin: string
  readonly schema: LibrarySchema
  /** `plugin/name_version` of the version that the code needs. */
  readonly id: string
}

/** What `defineEntity` returned. */
export type Entity = Model & EntitySchema

const NAME = /^\d{4}_[a-z0-9_]+$/

/** The models of all plugins, checked: every name has one owner, every migration its number. */
export class OwnedModels {
  readonly #byPlugin = new Map<
    string,
    {
      entities: readonly Entity[]
      migrations: readonly OwnedMigration[]
      libraries: readonly OwnedLibrary[]
    }
  >()
  readonly #byName = new Map<string, { readonly plugin: string; readonly entity: Entity }>()

  /** @throws ModelsInvalidError as {@link OwnedModels.add} */
  constructor(contributions: readonly { readonly name: string; readonly plugin: IModels }[]) {
    for (const { name, plugin } of contributions) this.add(name, plugin)
  }

  /**
   * Add what `source`, the plugin `plugin`, has, and return its entities.
   *
   * @throws ModelsInvalidError when two plugins' entities share a name, or migrations are not numbered in order
   */
  add(plugin: string, source: IModels): readonly Entity[] {
    const { entities, migrations, libraries = [] } = source.getModels()
    const owned = {
      libraries: libraries.map((schema) => ({
        plugin,
        schema,
        id: libraryId(plugin, schema, schema.version),
      })),
      entities: this.#checked(plugin, entities),
      migrations: ownedMigrations(plugin, migrations),
    }
    this.#byPlugin.set(plugin, owned)
    for (const entity of owned.entities) this.#byName.set(entity.name, { plugin, entity })
    return owned.entities
  }

  /** Forget what `plugin` has, and return its entities. */
  remove(plugin: string): readonly Entity[] {
    const entities = this.#byPlugin.get(plugin)?.entities ?? []
    this.#byPlugin.delete(plugin)
    for (const { name } of entities) this.#byName.delete(name)
    return entities
  }

  get entities(): readonly Entity[] {
    return [...this.#byPlugin.values()].flatMap(({ entities }) => entities)
  }

  /** By plugin in load order, then by number. */
  get migrations(): readonly OwnedMigration[] {
    return [...this.#byPlugin.values()].flatMap(({ migrations }) => migrations)
  }

  get libraries(): readonly OwnedLibrary[] {
    return [...this.#byPlugin.values()].flatMap(({ libraries }) => libraries)
  }

  has(plugin: string): boolean {
    return this.#byPlugin.has(plugin)
  }

  /** What `defineEntity` returned for the entity `name`. */
  named(name: string): Entity | undefined {
    return this.#byName.get(name)?.entity
  }

  #checked(plugin: string, entities: readonly Model[]): readonly Entity[] {
    const names = new Set<string>()
    return entities.map((entity) => {
      if (!isSchema(entity)) {
        throw new ModelsInvalidError(plugin, 'an entity is not what defineEntity(…) returned.')
      }
      const owner = names.has(entity.name) ? plugin : this.#byName.get(entity.name)?.plugin
      if (owner !== undefined) {
        throw new ModelsInvalidError(
          plugin,
          `the plugin "${owner}" has an entity "${entity.name}" already. Rename one.`,
        )
      }
      names.add(entity.name)
      return entity
    })
  }
}

function ownedMigrations(plugin: string, migrations: readonly Migration[]): readonly OwnedMigration[] {
  let last = ''
  return migrations.map((migration) => {
    const { name } = migration
    if (!NAME.test(name)) {
      throw new ModelsInvalidError(plugin, `the migration "${name}" is not named as 0001_what_it_does.`)
    }
    if (name.slice(0, 4) <= last.slice(0, 4)) {
      throw new ModelsInvalidError(plugin, `the migration "${name}" does not come after "${last}".`)
    }
    last = name
    return { ...migration, plugin, id: `${plugin}/${name}` }
  })
}

/** What the version `version` of a library's schema is called among the migrations. */
export function libraryId(plugin: string, { name }: LibrarySchema, version: number): string {
  return `${plugin}/${name}_${version}`
}

function isSchema(entity: Model): entity is Entity {
  return 'meta' in entity && 'properties' in entity
}
