import { defineInterface, type Interface } from '../interface.ts'

/** A plugin as observers see it. */
export interface ObservedPlugin {
  readonly name: string
  /** The object that the host works with, from load to unload the same. */
  readonly instance: object
}

/**
 * Implemented by plugins that want to know of others. An observer sees the
 * plugins that load after it and its own `afterLoad`; it does not see its own unload.
 * One that throws while loading makes the load fail; while unloading, the error
 * is reported and the unload goes on.
 */
export interface IPluginObserver {
  beforeLoad(plugin: ObservedPlugin): void | Promise<void>
  afterLoad(plugin: ObservedPlugin): void | Promise<void>
  beforeUnload(plugin: ObservedPlugin): void | Promise<void>
  afterUnload(plugin: ObservedPlugin): void | Promise<void>
}

export const IPluginObserver: Interface<IPluginObserver> = defineInterface<IPluginObserver>(
  'aldis:IPluginObserver',
  ['beforeLoad', 'afterLoad', 'beforeUnload', 'afterUnload'],
)
