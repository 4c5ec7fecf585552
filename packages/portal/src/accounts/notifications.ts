import type { User } from '@aldis/core'

import { INotifier, type Notification } from '../interfaces/inotifier.ts'
import type { PortalServices } from '../portal-services.ts'

/** Tells people things: by the plugins that do, else by mail. */
export class Notifications {
  readonly #services: PortalServices

  constructor(services: PortalServices) {
    this.#services = services
  }

  /** Let plugins tell `user` about `topic`, and return whether that is done. */
  aboutTopic(topic: string, user: User): Promise<boolean> {
    return this.#ask((plugin, already) => plugin.notifyAboutTopic(already, topic, { user }))
  }

  /**
   * Tell one person, by mail unless plugins have done it.
   *
   * @throws MailError when the mail was not taken
   */
  async tell(notification: Notification): Promise<void> {
    if (await this.#ask((plugin, already) => plugin.notifyRecipient(already, notification))) return
    const { email, subject, text, html } = notification
    await this.#services.mailer.send({ to: email, subject, text, ...(html !== undefined && { html }) })
  }

  /** What the last plugin says. One that fails has no say. */
  async #ask(ask: (plugin: INotifier, already: boolean) => boolean | Promise<boolean>): Promise<boolean> {
    const { host, logger } = this.#services
    let done = false
    for (const { name, plugin } of host.implementations(INotifier)) {
      try {
        done = await ask(plugin, done)
      } catch (error) {
        logger.error({ err: error, notifier: name }, 'a plugin could not notify')
      }
    }
    return done
  }
}
