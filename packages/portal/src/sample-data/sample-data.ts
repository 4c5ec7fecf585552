import { SubscriptionMap } from '@aldis/core'
import { postUpgrade, type Upgraded } from '@aldis/models'

import type { PortalServices } from '../portal-services.ts'
import { makeSampleData, type SampleLogin } from './make-sample-data.ts'

/** The first migration of the portal: it runs in a database that was empty. */
const FIRST_MIGRATION = 'portal/0001_portal'

/** Fills a database that a host made for a portal that serves, and prints who may log in. */
export class SampleData {
  readonly #services: PortalServices
  #isEmpty = false
  #login: SampleLogin | undefined

  constructor(services: PortalServices) {
    this.#services = services
  }

  get subscriptions(): SubscriptionMap {
    const subscriptions = new SubscriptionMap()
    if (!this.#services.settings.sampleData) return subscriptions
    return subscriptions.on(postUpgrade, this.#noteEmpty, { sender: 'start', id: 'note_empty_database' })
  }

  /** Hosts start for commands too: there is nothing to fill until one serves. */
  readonly #noteEmpty = (_by: string, { applied }: Upgraded): void => {
    if (applied.includes(FIRST_MIGRATION)) this.#isEmpty = true
  }

  /** Fill the database if it was empty. A failure goes to the log: the portal serves without. */
  async make(): Promise<void> {
    if (!this.#isEmpty) return
    this.#isEmpty = false
    try {
      this.#login = await makeSampleData(this.#services)
    } catch (error) {
      this.#services.logger.error({ err: error }, 'the sample data could not be made')
    }
  }

  /**
   * Print on stderr who may log in at `url`, once, if anybody was made. It is for the person who started the portal, and
   * no line of the log: a password is never one.
   */
  printLogin(url: string): void {
    const login = this.#login
    if (login === undefined) return
    this.#login = undefined
    process.stderr.write(
      `\nThere is sample data. Log in:\n  at        ${url}/user/login\n  name      ${login.name}\n  password  ${login.password}\n\n`,
    )
  }
}
