import {
  PluginContext,
  settingsOf,
  signals,
  SubscriptionMap,
  type Application,
  type HttpRequest,
  type HttpResponse,
  type Injected,
} from '@aldis/core'

import { pathFilter } from './path-filter.ts'
import { Settings } from './settings.ts'

interface FinishedRequest {
  readonly request: HttpRequest
  readonly response: HttpResponse
}

/** Logs one line for every finished request. */
export default class RequestLogPlugin {
  static readonly settings = Settings
  static readonly inject = [PluginContext, settingsOf(Settings)] as const

  readonly #log: (fields: object, message: string) => void
  readonly #isIgnored: (path: string) => boolean

  constructor(...[{ logger }, { level, ignoredPaths }]: Injected<typeof RequestLogPlugin.inject>) {
    this.#log = (fields, message) => logger[level](fields, message)
    this.#isIgnored = pathFilter(ignoredPaths)
  }

  getSignalSubscriptions(): SubscriptionMap {
    return new SubscriptionMap().on(signals.requestFinished, this.logRequest)
  }

  readonly logRequest = (_sender: Application, { request, response }: FinishedRequest): void => {
    const { method, path, id: requestId } = request
    if (this.#isIgnored(path)) return
    const durationMs = Math.round(response.durationMs * 1000) / 1000
    this.#log({ method, path, statusCode: response.statusCode, durationMs, requestId }, 'request')
  }
}
