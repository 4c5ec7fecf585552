import { AldisError } from './aldis-error.ts'
import type { ServeOptions } from './host.ts'
import { IService } from './interfaces/iservice.ts'
import type { LoadedPlugin } from './loaded-plugin.ts'
import { PluginFailedError } from './plugin-errors.ts'

/** Keeps the services of plugins going. Plugins that are loaded meanwhile join, those that are unloaded leave. */
export class ServiceRun {
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #tasks = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | undefined

  constructor(signal: AbortSignal) {
    this.#signal = AbortSignal.any([signal, this.#stop.signal])
  }

  /** Serve `plugin`, when it is a service; `ready` is called when it answers, or at once when it is none. */
  add(plugin: LoadedPlugin, ready: (address?: string) => void): void {
    const { instance, name } = plugin
    if (!IService.implementedBy(instance)) return ready()
    let answered = false
    const once = (address?: string): void => {
      if (answered) return
      answered = true
      ready(address)
    }
    const signal = AbortSignal.any([this.#signal, plugin.signal])
    const serve = async (): Promise<void> => {
      try {
        await instance.serve(signal, once)
      } catch (error) {
        // Rejecting with why it was told to stop is a way to stop.
        if (signal.aborted && isAbort(error, signal)) return
        this.fail(error instanceof AldisError ? error : new PluginFailedError(name, 'serve()', error))
      }
      // A service that has nothing to serve, or whose plugin has left, keeps nobody waiting.
      if (!this.#signal.aborted) once()
    }
    const task = serve().finally(() => this.#tasks.delete(task))
    this.#tasks.add(task)
    plugin.waitFor(task)
  }

  /** End the run with `error`; the first one counts. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#stop.abort()
  }

  /** End the run before its signal is aborted. */
  stop(): void {
    this.#stop.abort()
  }

  /** Resolves when the signal was aborted and every service has returned; rejects with the first failure. */
  async done(): Promise<void> {
    if (!this.#signal.aborted) {
      await new Promise((resolve) => this.#signal.addEventListener('abort', resolve, { once: true }))
    }
    while (this.#tasks.size > 0) await Promise.all(this.#tasks)
    if (this.#failure) throw this.#failure.error
  }
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError')
}

/** Serve all of `plugins`; tells `onReady` once every one answers. */
export function serveAll(
  plugins: readonly LoadedPlugin[],
  signal: AbortSignal,
  { onReady }: ServeOptions,
): ServiceRun {
  const run = new ServiceRun(signal)
  const addresses: string[] = []
  let missing = plugins.length
  const ready = (address?: string): void => {
    if (address !== undefined) addresses.push(address)
    if (--missing > 0) return
    try {
      onReady?.(addresses)
    } catch (error) {
      run.fail(error)
    }
  }
  for (const plugin of plugins) run.add(plugin, ready)
  if (plugins.length === 0) ready()
  return run
}
