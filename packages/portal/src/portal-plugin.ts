import { setTimeout } from 'node:timers/promises'

import {
  Host,
  PluginContext,
  settingsOf,
  type Application,
  type Command,
  type ICommands,
  type ISignal,
  type SubscriptionMap,
  type Injected,
  type IService,
  type IStartable,
} from '@aldis/core'
import type { IModels, PluginModels } from '@aldis/models'

import { portalCommands } from './commands/portal-commands.ts'
import { sweepExpiredHourly } from './expiry-sweep.ts'
import { identify } from './caller-identity.ts'
import { servedAs } from './fetch-handler.ts'
import { stopServer } from './graceful-stop.ts'
import { listenAddress, listenAt } from './listen-address.ts'
import { OwnServices } from './own-services.ts'
import { Portal } from './portal.ts'
import { PortalApplication } from './portal-application.ts'
import { portalModels } from './portal-models.ts'
import { SampleData } from './sample-data/sample-data.ts'
import { Settings } from './settings.ts'
import { ListeningSite } from './site.ts'

/** The portal as a plugin: an HTTP server whose requests reach plugins as signals. */
export default class PortalPlugin implements ICommands, IModels, IService, ISignal, IStartable {
  static readonly settings = Settings
  static readonly inject = [PluginContext, settingsOf(Settings), Host] as const

  readonly #application: Application = { name: 'portal' }
  readonly #context: PluginContext
  readonly #settings: Settings
  readonly #site: ListeningSite
  readonly #services: OwnServices
  readonly #sampleData: SampleData
  readonly #serving = Promise.withResolvers<void>()

  constructor(...[context, settings, host]: Injected<typeof PortalPlugin.inject>) {
    this.#context = context
    this.#settings = settings
    this.#site = new ListeningSite(settings)
    this.#services = new OwnServices(host, settings, this.#site, context.logger)
    this.#sampleData = new SampleData(this.#services)
    context.provide(PortalApplication, () => this.#application)
    context.provide(Portal, () => this.#offered())
  }

  getSignalSubscriptions(): SubscriptionMap {
    return this.#sampleData.subscriptions
  }

  getModels(): PluginModels {
    return portalModels
  }

  getCommands(): readonly Command[] {
    return portalCommands(this.#services)
  }

  /** @throws SecretFileError or SecretWeakError when the site's secret cannot be used */
  async start(): Promise<void> {
    const { mailer } = this.#services
    this.#context.resources.defer(() => mailer.close())
    await this.#services.start()
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
    // Fastify takes as long to import as all the rest: listings do without it.
    const { buildServer } = await import('./server.ts')
    const server = await buildServer({ application: this.#application, readiness, services: this.#services })
    await using _sweep = sweepExpiredHourly(logger)
    try {
      const url = await listenAt(address, (at) => server.listen(at))
      this.#site.listensAt(url)
      await this.#sampleData.make()
      readiness.ready = true
      ready(url)
      this.#serving.resolve()
      this.#sampleData.printLogin(this.#site.url)
      await aborted(signal)
      readiness.ready = false
      await setTimeout(settings.stopDelayMs)
    } finally {
      readiness.ready = false
      await stopServer(server, { logger, timeoutMs: settings.stopTimeoutMs })
    }
  }

  #offered(): Portal {
    const { site, storage, mailer, actions } = this.#services
    return {
      site,
      storage,
      mailer,
      serving: this.#serving.promise,
      call: (action, parameters, caller) => actions.call(action, parameters, caller),
      actorOf: async (request) => {
        const served = servedAs(request)
        return served === undefined ? null : identify(served, this.#services)
      },
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}
