import type { CommandContext } from '@aldis/core'
import { namespace, type BySender, type DependsOnSender, type Namespace, type Signal } from '@aldis/signals'

import type { InstanceOf, Model } from './model.ts'

/** The signals of the database. */
export const models: Namespace = namespace('models')

/** What has changed of an instance: the old and the new value of each changed property. */
export type Changes = Readonly<Record<string, { readonly old: unknown; readonly new: unknown }>>

/** An instance is, or was, written. */
export interface Saved<E extends object = object> {
  readonly instance: E
  /** Whether its row is new. */
  readonly created: boolean
  /**
   * By the name of the property, or `address.city` for part of an embedded value. Relations stand with their keys. A new
   * row's old values are undefined.
   */
  readonly changes: Changes
}

/** {@link Saved} with the instances of the model that sends it. */
export interface SavedOf extends BySender {
  readonly payload: Saved<InstanceOf<this['sender']>>
}

/** An instance is, or was, deleted. */
export interface Deleted<E extends object = object> {
  readonly instance: E
}

/** {@link Deleted} with the instances of the model that sends it. */
export interface DeletedOf extends BySender {
  readonly payload: Deleted<InstanceOf<this['sender']>>
}

/** An instance was made, by code or by a query. */
export interface Initialized<E extends object = object> {
  readonly instance: E
}

/** {@link Initialized} with the instances of the model that sends it. */
export interface InitializedOf extends BySender {
  readonly payload: Initialized<InstanceOf<this['sender']>>
}

export const RELATION_ACTIONS = [
  'pre_add',
  'post_add',
  'pre_remove',
  'post_remove',
  'pre_clear',
  'post_clear',
] as const

/** A many-to-many relation of an instance is, or was, changed. */
export interface RelationChanged<E extends object = object> {
  readonly instance: E
  readonly action: (typeof RELATION_ACTIONS)[number]
  /** The name of the property. */
  readonly relation: string
  /** The primary keys that are added or removed; empty for `clear`, where nobody knows what was in the relation. */
  readonly keys: readonly unknown[]
}

/** {@link RelationChanged} with the instances of the model that sends it. */
export interface RelationChangedOf extends BySender {
  readonly payload: RelationChanged<InstanceOf<this['sender']>>
}

/**
 * Sent when an instance was made, by code or by a query, by entity managers that were made while somebody listened.
 * Synchronous: an async receiver is refused.
 */
export const postInit: Signal<Model, DependsOnSender<Initialized, InitializedOf>> = models.declare(
  'post_init',
  {
    doc: 'An instance of a model was made, by code or by a query.',
  },
)

/** Sent in the transaction, before an instance is inserted or updated; a receiver may change it. One that throws undoes the transaction. */
export const preSave: Signal<Model, DependsOnSender<Saved, SavedOf>> = models.declare('pre_save', {
  doc: 'An instance of a model is about to be written.',
})

/**
 * Sent in the transaction, after an instance was inserted or updated. An inline receiver that throws undoes the
 * transaction. What bypasses the unit of work, such as `nativeUpdate`, sends nothing.
 *
 * @example
 * ```ts
 * import { SubscriptionMap } from '@aldis/core'
 * import { defineEntity, p, postSave } from '@aldis/models'
 *
 * const Book = defineEntity({ name: 'Book', properties: { id: p.integer().primary(), title: p.string() } })
 *
 * export const subscriptions = new SubscriptionMap().on(
 *   postSave,
 *   (_model, { instance, created }) => console.log(created, instance.title),
 *   { sender: Book, delivery: 'commit' },
 * )
 * ```
 */
export const postSave: Signal<Model, DependsOnSender<Saved, SavedOf>> = models.declare('post_save', {
  doc: 'An instance of a model was written, and its transaction is open.',
})

/** Sent in the transaction, before an instance is deleted. */
export const preDelete: Signal<Model, DependsOnSender<Deleted, DeletedOf>> = models.declare('pre_delete', {
  doc: 'An instance of a model is about to be deleted.',
})

/** Sent in the transaction, after an instance was deleted. */
export const postDelete: Signal<Model, DependsOnSender<Deleted, DeletedOf>> = models.declare('post_delete', {
  doc: 'An instance of a model was deleted, and its transaction is open.',
})

/**
 * Sent in the transaction by the model that owns a many-to-many relation, before and after its rows change. It is
 * `clear` where a relation that was never loaded is emptied or replaced.
 */
export const m2mChanged: Signal<Model, DependsOnSender<RelationChanged, RelationChangedOf>> = models.declare(
  'm2m_changed',
  {
    doc: 'A many-to-many relation of an instance is about to change, or has changed.',
  },
)

/** The migrations of one plugin in one upgrade. */
export interface Migrated {
  /** Their names, in order. */
  readonly migrations: readonly string[]
}

/** Sent by the plugin's name before an upgrade runs migrations of it. */
export const preMigrate: Signal<string, Migrated> = models.declare('pre_migrate', {
  doc: 'Migrations of a plugin are about to run.',
})

/** Sent by the plugin's name after an upgrade has run migrations of it and is committed. */
export const postMigrate: Signal<string, Migrated> = models.declare('post_migrate', {
  doc: 'Migrations of a plugin have run.',
})

/** Whoever sees to an upgrade. */
export interface Upgraded {
  /** `plugin/name` of the migrations that ran; empty when the database was as new as the code. */
  readonly applied: readonly string[]
  /** Tell a line to whoever started the upgrade. */
  readonly tell: (line: string) => void
  /** Ask whoever started it; undefined when nobody is there to answer. */
  readonly ask: CommandContext['ask'] | undefined
}

/** Sent when an upgrade is complete: by `command` for `aldis db upgrade`, by `start` when a host made tables by itself. */
export const postUpgrade: Signal<'command' | 'start', Upgraded> = models.declare('post_upgrade', {
  doc: 'The database is as new as the code.',
  senders: ['command', 'start'],
})
