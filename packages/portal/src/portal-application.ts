import { defineToken, type Application, type Token } from '@aldis/core'

/**
 * The portal as a sender: request signals are sent by it. Resolve it to hear
 * this portal alone: `context.resolve(PortalApplication)`.
 */
export const PortalApplication: Token<Application> = defineToken<Application>('portal:PortalApplication')
