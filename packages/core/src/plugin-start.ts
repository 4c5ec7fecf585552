import { AldisError } from './aldis-error.ts'
import { IStartable } from './interfaces/iservice.ts'
import type { LoadedPlugin } from './loaded-plugin.ts'
import {
  HostStoppedError,
  PluginFailedError,
  PluginLoadError,
  PluginRequirementError,
  type LoadFailure,
} from './plugin-errors.ts'
import type { LeftOut } from './plugin-load.ts'

/** What starting plugins needs of the host. */
export interface StarterHost {
  /** Unload `name` and what requires it, and return their names in load order. */
  unloadWithDependents(name: string): Promise<readonly string[]>
  isLoaded(plugin: LoadedPlugin): boolean
  /** Aborted when the host is to stop: it does not wait for what hangs. */
  readonly halt: AbortSignal
}

/**
 * Start those of `plugins` that are not started, in load order, and return those that had to be left out. With the
 * policy `abort` one that cannot start undoes all of them.
 *
 * @throws PluginLoadError with the one that cannot start, under `abort`
 */
export async function startPlugins(
  plugins: readonly LoadedPlugin[],
  policy: 'abort' | 'disable',
  host: StarterHost,
): Promise<LeftOut[]> {
  const leftOut: LeftOut[] = []
  for (const plugin of plugins) {
    // What is to stop anyway is not started first.
    if (host.halt.aborted) break
    if (plugin.started || !host.isLoaded(plugin)) continue
    plugin.started = true
    const { name, instance } = plugin
    try {
      if (IStartable.implementedBy(instance)) await unlessHalted(() => instance.start(), host.halt)
    } catch (cause) {
      const error = cause instanceof AldisError ? cause : new PluginFailedError(name, 'start()', cause)
      if (policy === 'abort') {
        for (const each of plugins.toReversed()) {
          if (host.isLoaded(each)) await host.unloadWithDependents(each.name)
        }
        const failure: LoadFailure = { plugin: name, phase: 'start', error }
        throw new PluginLoadError(failure, [failure])
      }
      for (const gone of await host.unloadWithDependents(name)) {
        const skipped = new PluginRequirementError(gone, name, 'could not be started')
        leftOut.push(
          gone === name
            ? { name, state: 'failed', error, phase: 'start' }
            : { name: gone, state: 'skipped', error: skipped, phase: 'start' },
        )
      }
    }
  }
  return leftOut
}

/** Wait for `start`, but no longer than until `halt` is aborted. */
async function unlessHalted(start: () => void | Promise<void>, halt: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(new HostStoppedError())
  halt.addEventListener('abort', stop)
  try {
    await Promise.race([start(), promise])
  } finally {
    halt.removeEventListener('abort', stop)
  }
}
