import { resolve } from 'node:path'

import type { Logger } from '@aldis/core'

import { ActionCalls } from './action-calls.ts'
import { builtInActions } from './actions/built-in-actions.ts'
import { builtInAuth } from './auth/built-in-auth.ts'
import { ExtensionPoints } from './extension-points.ts'
import { createMailer, type OwnMailer } from './mail/create-mailer.ts'
import { PortalNotStartedError } from './server-errors.ts'
import type { PortalServices } from './portal-services.ts'
import { siteSecret, type SiteSecret } from './security/secret.ts'
import type { Settings } from './settings.ts'
import type { ListeningSite } from './site.ts'
import { FolderStorage } from './storage/folder-storage.ts'
import { builtInHelpers } from './template-helpers.ts'
import { builtInValidators } from './validators/built-in-validators.ts'

/** The services of one portal, made without touching a disk or a network; {@link OwnServices.start} does that. */
export class OwnServices implements PortalServices {
  readonly host: PortalServices['host']
  readonly settings: Settings
  readonly site: ListeningSite
  readonly storage: FolderStorage
  readonly mailer: OwnMailer
  readonly logger: Logger
  readonly points: ExtensionPoints
  readonly actions: ActionCalls
  readonly #folder: string
  #secret: SiteSecret | undefined

  constructor(host: PortalServices['host'], settings: Settings, site: ListeningSite, logger: Logger) {
    this.host = host
    this.settings = settings
    this.site = site
    this.logger = logger
    this.#folder = resolve(settings.folder)
    this.storage = new FolderStorage(resolve(this.#folder, 'files'))
    const { mailUrl, mailFrom } = settings
    this.mailer = createMailer({
      ...(mailUrl !== undefined && { url: mailUrl }),
      from: mailFrom,
      folder: resolve(this.#folder, 'mail'),
      logger,
    })
    this.points = new ExtensionPoints(host, {
      actions: builtInActions(this),
      authFunctions: builtInAuth(this),
      validators: builtInValidators,
      helpers: builtInHelpers,
    })
    this.actions = new ActionCalls(this.points, settings.receiverTimeoutMs)
  }

  get secret(): SiteSecret {
    if (this.#secret === undefined) throw new PortalNotStartedError()
    return this.#secret
  }

  /** Read the secret, or make it. */
  async start(): Promise<void> {
    this.#secret = await siteSecret({ setting: this.settings.secret, file: resolve(this.#folder, 'secret') })
  }
}
