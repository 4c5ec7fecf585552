export type { DurableEvent, DurableOptions } from './durable-options.ts'
export * from './outbox-errors.ts'
export { default } from './outbox-plugin.ts'
export * from './outbox.ts'
