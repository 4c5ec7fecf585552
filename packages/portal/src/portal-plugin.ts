import { setTimeout } from 'node:timers/promises'

import { Host, PluginContext, settingsOf, type Application, type Injected, type IService } from '@aldis/core'

import { readAssets } from './assets.ts'
import { stopServer } from './graceful-stop.ts'
import { listenAddress, listenAt } from './listen-address.ts'
import { PortalApplication } from './portal-application.ts'
import { Settings } from './settings.ts'
import { ListeningSite } from './site.ts'

/** The portal as a plugin: an HTTP server whose requests reach plugins as signals. */
export default class PortalPlugin implements IService {
  static readonly settings = Settings
  static readonly inject = [PluginContext, settingsOf(Settings), Host] as const

  readonly #application: Application = { name: 'portal' }
  readonly #context: PluginContext
  readonly #settings: Settings
  readonly #host: Host

  constructor(...[context, settings, host]: Injected<typeof PortalPlugin.inject>) {
    this.#context = context
    this.#settings = settings
    this.#host = host
    context.provide(PortalApplication, () => this.#application)
  }

  /**
   * Listen until `signal` is aborted, then answer what runs and return.
   *
   * @throws PortTakenError, PortDeniedError, PortInvalidError or HostUnusableError when it cannot listen
   * @throws TypeNameError or TypeTakenError when a plugin's types cannot have routes
   */
  async serve(signal: AbortSignal, ready: (address?: string) => void): Promise<void> {
    const { logger } = this.#context
    const settings = this.#settings
    const address = listenAddress(settings, process.env)
    const readiness = { ready: false }
    const site = new ListeningSite(settings, await readAssets())
    const application = this.#application
    // Fastify takes as long to import as all the rest: listings do without it.
    const { buildServer } = await import('./server.ts')
    const server = await buildServer({ application, host: this.#host, logger, readiness, settings, site })
    try {
      const url = await listenAt(address, (at) => server.listen(at))
      site.listensAt(url)
      readiness.ready = true
      ready(url)
      await aborted(signal)
      readiness.ready = false
      await setTimeout(settings.stopDelayMs)
    } finally {
      readiness.ready = false
      await stopServer(server, { logger, timeoutMs: settings.stopTimeoutMs })
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}
