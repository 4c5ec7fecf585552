import type { LoaderHost } from './loader-host.ts'
import type { LoadedPlugin } from './loaded-plugin.ts'
import { PluginFailedError } from './plugin-errors.ts'

/** Undo everything that was done for `plugin`, and return what went wrong meanwhile. */
export async function removePlugin(host: LoaderHost, plugin: LoadedPlugin): Promise<Error[]> {
  const { services, observers, deliveries, loaded, members, loadTimeoutMs } = host
  const { name } = plugin
  const at = loaded.lastIndexOf(plugin)
  if (at !== -1) loaded.splice(at, 1)
  const errors = plugin.unbind().map((error): Error => new PluginFailedError(name, 'disconnecting', error))
  errors.push(...(await observers.beforeUnload(plugin)))
  try {
    await plugin.dispose(loadTimeoutMs)
  } catch (error) {
    errors.push(new PluginFailedError(name, 'closing its resources', error))
  }
  services.withdraw(name)
  deliveries.withdraw(name)
  members.delete(name)
  errors.push(...(await observers.afterUnload(plugin)))
  return errors
}
