export { defineEntity, p } from '@mikro-orm/sql'
// The types that declarations of `defineEntity(…)` are made of: packages with entities need no other for their own types.
export type {
  EmptyOptions,
  EntityCtor,
  EntitySchemaWithMeta,
  InferEntityFromProperties,
  PropertyChain,
  PropertyOptions,
  StringPropertyOptionsBuilder,
  UniversalPropertyOptionsBuilder,
} from '@mikro-orm/sql'
export { bulkCreate, bulkDelete, bulkUpdate } from './bulk.ts'
export { EntityManager } from './entity-manager.ts'
export { IModels, type LibrarySchema, type PluginModels } from './imodels.ts'
export type { Migration } from './migration.ts'
export { isModel, modelNamed, type InstanceOf, type Model } from './model.ts'
export * from './model-signals.ts'
export * from './models-errors.ts'
export { default } from './models-plugin.ts'
export { LockMode, OptimisticLockError, UniqueConstraintViolationException } from '@mikro-orm/sql'
export { rawDatabase, type RawDatabase, type RawResult } from './raw-database.ts'
export { load, refSchema, refTo, type Ref } from './ref.ts'
export { afterCommit, beforeCommit, em, transaction } from './transaction.ts'
