/**
 * What plugin authors need to test a plugin: a host for one test, recorded
 * sends, failures that come out, transactions in memory, a check for leaks.
 *
 * @module
 */
export { capture, type Captured, type CapturedSend } from './testing/capture.ts'
export { leakCheck, ReceiverLeakError } from './testing/leak-check.ts'
export { MemoryLogger, type LogLine } from './testing/memory-logger.ts'
export { MemoryTransactions } from './testing/memory-transactions.ts'
export { receiversRaiseOnSend } from './testing/receivers-raise-on-send.ts'
export { usePlugin, type UsePluginOptions } from './testing/use-plugin.ts'
