import { INLINE } from './delivery.ts'
import { interfacesOf } from './interface.ts'
import { ICommands } from './interfaces/icommands.ts'
import { IDeliveries } from './interfaces/ideliveries.ts'
import { ISignal } from './interfaces/isignal.ts'
import type { LoadedPlugin } from './loaded-plugin.ts'
import type { LoaderHost } from './loader-host.ts'
import { PluginConflictError, PluginFailedError } from './plugin-errors.ts'
import { checkSubscriptions } from './subscription-check.ts'

/** Take down which interfaces `plugin` implements, its commands and its deliveries. */
export function collect(plugin: LoadedPlugin, host: LoaderHost): void {
  const { instance } = plugin
  plugin.interfaces = interfacesOf(instance)
  if (ICommands.implementedBy(instance)) collectCommands(plugin, instance, host)
  if (IDeliveries.implementedBy(instance)) collectDeliveries(plugin, instance, host)
}

function collectCommands(plugin: LoadedPlugin, from: ICommands, { members }: LoaderHost): void {
  for (const command of from.getCommands()) {
    const name: unknown = command?.name
    if (typeof name !== 'string' || !/^[a-z][a-z0-9-]*(?: [a-z][a-z0-9-]*)?$/.test(name)) {
      throw wrong(
        plugin,
        'getCommands()',
        `${JSON.stringify(name)} is not the name of a command: one or two words`,
      )
    }
    if (typeof command.run !== 'function')
      throw wrong(plugin, 'getCommands()', `"${name}" has no function "run"`)
    for (const other of members.values()) {
      if (other.commands.some((known) => known.name === name)) {
        throw new PluginConflictError(`The command "${name}"`, other.name, plugin.name)
      }
    }
    plugin.commands = [...plugin.commands, command]
  }
}

function collectDeliveries(plugin: LoadedPlugin, from: IDeliveries, { deliveries }: LoaderHost): void {
  for (const delivery of from.getDeliveries()) {
    const name: unknown = delivery?.name
    if (typeof name !== 'string' || !/^[a-z][a-z0-9_]*$/.test(name)) {
      throw wrong(plugin, 'getDeliveries()', `${JSON.stringify(name)} is not the name of a delivery`)
    }
    const methods = ['send', 'sendAsync'].map((method): unknown => Reflect.get(delivery, method))
    if (methods.some((method) => typeof method !== 'function') || !delivery.options?.['~standard']) {
      throw wrong(plugin, 'getDeliveries()', `"${name}" needs "send", "sendAsync", and a schema as "options"`)
    }
    deliveries.add(plugin.name, delivery)
  }
}

/** Ask `plugin` for its subscriptions, once, and check them. */
export function askForSubscriptions(plugin: LoadedPlugin, { deliveries }: LoaderHost): void {
  const { instance, name } = plugin
  if (!ISignal.implementedBy(instance)) return
  plugin.subscriptions = checkSubscriptions(plugin, instance.getSignalSubscriptions(), deliveries)
  for (const { signal, delivery } of plugin.subscriptions) {
    const provider = delivery === INLINE ? undefined : deliveries.ownerOf(delivery)
    if (provider !== undefined && provider !== name && !plugin.providers.includes(provider)) {
      plugin.providers = [...plugin.providers, provider]
    }
    const deprecated = signal.declaration?.deprecated
    if (deprecated !== undefined) {
      plugin.logger.warn({ signal: String(signal), deprecated }, 'subscribes to a deprecated signal')
    }
  }
}

function wrong(plugin: LoadedPlugin, doing: string, detail: string): Error {
  return new PluginFailedError(plugin.name, doing, new TypeError(detail))
}
