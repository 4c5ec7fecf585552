import type { Host, Logger } from '@aldis/core'

import type { ActionCalls } from './action-calls.ts'
import type { ExtensionPoints } from './extension-points.ts'
import type { Mailer } from './mail/mailer.ts'
import type { SiteSecret } from './security/secret.ts'
import type { Settings } from './settings.ts'
import type { Site } from './site.ts'
import type { FileStorage } from './storage/file-storage.ts'

/** What the portal's own actions, pages and commands work with. */
export interface PortalServices {
  readonly host: Pick<Host, 'implementations' | 'plugins' | 'resolve' | 'signals'>
  readonly settings: Settings
  readonly site: Site
  readonly storage: FileStorage
  readonly mailer: Mailer
  readonly logger: Logger
  /** There once the portal has started. */
  readonly secret: SiteSecret
  readonly points: ExtensionPoints
  readonly actions: ActionCalls
}
