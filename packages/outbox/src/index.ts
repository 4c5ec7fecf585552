export type { DurableEvent, DurableOptions } from './durable-options.ts'
export { defineCategory, type Category } from './outbox-category.ts'
export * from './outbox-errors.ts'
export { saveOutboxMessage, type NewOutboxMessage } from './outbox-message.ts'
export { default } from './outbox-plugin.ts'
export { defineScope, type Scope, type ScopeOptions } from './outbox-scope.ts'
export {
  inShards,
  processControlOutbox,
  processRegionOutbox,
  type ControlOutboxMessage,
  type RegionOutboxMessage,
} from './outbox-signals.ts'
export * from './outbox.ts'
export { replicate, type ReplicationOptions } from './replicated-models.ts'
export * from './replication-errors.ts'
export {
  listTombstones,
  maybeProcessTombstone,
  tombstoneRecorded,
  type Tombstone,
  type TombstoneRecorded,
} from './tombstones.ts'
