import { defineToken, type Application, type Token } from '@aldis/core'

/**
 * The portal as a sender: it sends the request signals. A plugin that resolves
 * it can hear this portal alone.
 *
 * @throws ServiceNotProvidedError from the host when no portal is loaded before the one who asks
 *
 * @example
 * ```ts
 * import { signals, SubscriptionMap, type Application, type Injected } from '@aldis/core'
 * import { PortalApplication } from '@aldis/portal'
 *
 * export default class SlowRequestsPlugin {
 *   static readonly inject = [PortalApplication] as const
 *   readonly #portal: Application
 *
 *   constructor(...[portal]: Injected<typeof SlowRequestsPlugin.inject>) {
 *     this.#portal = portal
 *   }
 *
 *   getSignalSubscriptions(): SubscriptionMap {
 *     return new SubscriptionMap().on(signals.requestFinished, warn, { sender: this.#portal })
 *   }
 * }
 *
 * function warn(_portal: Application, { response }: { readonly response: { readonly durationMs: number } }): void {
 *   if (response.durationMs > 1_000) console.warn('slow')
 * }
 * ```
 */
export const PortalApplication: Token<Application> = defineToken<Application>('portal:PortalApplication')
